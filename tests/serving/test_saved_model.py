"""The same interface as a TFLite file, on SavedModels that TensorFlow wrote."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from serving.saved_model import SavedModel, SavedModelError
from serving.tensor_info import ModelInputError

KERNEL = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def directory(tmp_path_factory) -> Path:
    """`predict` of any batch size, `one` of batch size 1, `length` of strings."""
    path = tmp_path_factory.mktemp("saved_model")
    module = tf.Module()
    module.kernel = tf.Variable(KERNEL)
    linear, one = (tf.function(lambda x: {"y": tf.matmul(x, module.kernel)}) for _ in range(2))
    length = tf.function(lambda text: {"bytes": tf.strings.length(text)})
    signatures = {
        "predict": linear.get_concrete_function(tf.TensorSpec([None, 6], tf.float32, name="x")),
        "one": one.get_concrete_function(tf.TensorSpec([1, 6], tf.float32, name="x")),
        "length": length.get_concrete_function(tf.TensorSpec([None], tf.string, name="text")),
    }
    tf.saved_model.save(module, str(path), signatures=signatures)
    return path


@pytest.fixture(scope="module")
def model(directory) -> SavedModel:
    return SavedModel(directory)


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    return np.random.default_rng(1).uniform(-1, 1, size=(4, 6))


@pytest.mark.parametrize("signature", ["predict", "one"])
def test_a_batch_of_any_size_is_what_numpy_says(model, values, signature):
    outputs = model.with_signature(signature).predict({"x": values})
    np.testing.assert_allclose(outputs["y"], values @ KERNEL, atol=1e-5)


def test_strings_are_taken(model):
    assert model.with_signature("length").predict({"text": np.array(["a", "abc"])})["bytes"].tolist() == [1, 3]


def test_what_is_prepared_gives_numbers(model, values):
    np.testing.assert_allclose(model.prepare({"x": values})()["y"], values @ KERNEL, atol=1e-5)


@pytest.mark.parametrize(
    ("signature", "inputs", "message"),
    [
        ("predict", {"z": np.ones((1, 6))}, r"named \['x'\]\. Received: \['z'\]"),
        ("predict", {"x": np.ones((1, 5))}, r"shape \[batch, 6\], batch at least 1. Received: \[1, 5\]"),
        ("predict", {"x": np.array([["a"] * 6])}, "x must be float32. Received: <U1"),
        ("length", {"text": np.ones(2)}, "text must be strings. Received: float64"),
    ],
)
def test_inputs_that_the_model_does_not_take(model, signature, inputs, message):
    with pytest.raises(ModelInputError, match=message):
        model.with_signature(signature).predict(inputs)


def test_no_latency_of_a_batch_that_cannot_be(model, values):
    with pytest.raises(ModelInputError, match=r"must be 1, which the graph holds in a constant\. Received: 4"):
        model.with_signature("one").prepare({"x": values})


def test_an_unknown_signature(model):
    with pytest.raises(SavedModelError, match=r"SavedModel's \(.*predict.*\)\. Received: serve"):
        model.with_signature("serve")


def test_a_directory_without_a_model(tmp_path):
    with pytest.raises(SavedModelError, match=r"readable SavedModel\. Received: "):
        SavedModel(tmp_path)


def test_threads_come_too_late_once_tensorflow_runs(directory):
    tf.constant(0)
    wanted = tf.config.threading.get_intra_op_parallelism_threads() + 1
    with pytest.raises(SavedModelError, match=f"before TensorFlow's first op. Received: num_threads={wanted}"):
        SavedModel(directory, num_threads=wanted)
