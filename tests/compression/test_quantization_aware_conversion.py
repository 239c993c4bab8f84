"""A graph that says by fake-quantization nodes how it is to be quantized."""

import numpy as np
import pytest
import tensorflow as tf

from compression.conversion.convert import convert
from compression.files.file_ops import open_file
from serving.tflite import TFLiteModel
from tests.compression.saved_models import save

pytestmark = pytest.mark.usefixtures("conversions_in_this_process")

RNG = np.random.default_rng(0)
DEPTHWISE = (RNG.normal(size=(3, 3, 4, 2)) * RNG.uniform(0.1, 3, size=(4, 2))).astype(np.float32)
POINTWISE = (RNG.normal(size=(1, 1, 8, 6)) * RNG.uniform(0.1, 3, size=6)).astype(np.float32)


def per_channel(kernel: np.ndarray) -> tf.Tensor:
    """8 bits, symmetric, a range for each of the last axis."""
    largest = np.abs(kernel).reshape(-1, kernel.shape[-1]).max(axis=0)
    return tf.quantization.fake_quant_with_min_max_vars_per_channel(
        tf.constant(kernel), -largest, largest, num_bits=8, narrow_range=True
    )


def network(x: tf.Tensor) -> dict[str, tf.Tensor]:
    x = tf.quantization.fake_quant_with_min_max_vars(x, -3.0, 3.0)
    # The per-channel node takes the last axis; the converter folds the reshapes around it.
    kernel = tf.reshape(per_channel(DEPTHWISE.reshape(3, 3, 8)), DEPTHWISE.shape)
    x = tf.nn.relu6(tf.nn.depthwise_conv2d(x, kernel, [1, 1, 1, 1], "SAME"))
    x = tf.quantization.fake_quant_with_min_max_vars(x, 0.0, 6.0)
    x = tf.nn.conv2d(x, per_channel(POINTWISE), 1, "SAME")
    return {"y": tf.quantization.fake_quant_with_min_max_vars(x, -40.0, 40.0)}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    directory = tmp_path_factory.mktemp("aware")
    saved_model = save(directory / "saved_model", "predict", network, tf.TensorSpec([1, 8, 8, 4], tf.float32, name="x"))
    convert(saved_model, {"int8": directory / "int8.tflite"}, quantization_aware=True)
    return directory / "int8.tflite"


def test_it_answers_as_the_rounded_graph_does(file):
    x = RNG.normal(size=(16, 8, 8, 4)).astype(np.float32)
    expected = network(tf.constant(x))["y"].numpy()
    difference = np.abs(TFLiteModel(file).predict({"x": x})["y"] - expected)
    # At most one step of the output's 80 / 255, where a sum falls between two steps, and that rarely.
    assert difference.max() <= 80 / 255 * 1.01
    assert difference.mean() < 0.02


def test_all_of_it_is_int8_with_a_scale_for_each_channel(file):
    interpreter = open_file(file)
    tensors = {tensor["index"]: tensor for tensor in interpreter.get_tensor_details()}
    kernels = {op["op_name"]: tensors[op["inputs"][1]] for op in interpreter._get_ops_details()}
    found = [
        (name, kernel["dtype"], len(kernel["quantization_parameters"]["scales"])) for name, kernel in kernels.items()
    ]
    assert found == [("DEPTHWISE_CONV_2D", np.int8, 8), ("CONV_2D", np.int8, 6)]
    model = TFLiteModel(file)
    assert (model.inputs["x"].dtype, model.outputs["y"].dtype) == (np.int8, np.int8)
    assert model.delegated
