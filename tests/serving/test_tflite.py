"""Inference with TFLite files that TensorFlow's own converter wrote."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from serving.tensor_info import ModelInputError, TensorInfo
from serving.tflite import TFLiteModel, TFLiteModelError

KERNEL = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)


def write_tflite(
    path: Path,
    function: Callable[..., dict[str, tf.Tensor]],
    *specs: tf.TensorSpec,
    calibration: np.ndarray | None = None,
) -> Path:
    """`function` of keyword arguments named as the specs; int8 if there is something to calibrate on."""
    module = tf.Module()
    module.function = tf.function(function)
    concrete = module.function.get_concrete_function(**{spec.name: spec for spec in specs})
    tf.saved_model.save(module, str(path.with_suffix("")), signatures={"predict": concrete})
    converter = tf.lite.TFLiteConverter.from_saved_model(str(path.with_suffix("")), signature_keys=["predict"])
    if calibration is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: (("predict", {"x": row[np.newaxis]}) for row in calibration)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    path.write_bytes(converter.convert())
    return path


def linear(x: tf.Tensor) -> dict[str, tf.Tensor]:
    return {"y": tf.matmul(x, tf.constant(KERNEL))}


X = tf.TensorSpec([1, 6], tf.float32, name="x")


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    return np.random.default_rng(1).uniform(-1, 1, size=(32, 6)).astype(np.float32)


@pytest.fixture(scope="module")
def directory(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("tflite")


@pytest.fixture(scope="module")
def float_model(directory) -> TFLiteModel:
    return TFLiteModel(write_tflite(directory / "float32.tflite", linear, X))


@pytest.fixture(scope="module")
def int8_model(directory, values) -> TFLiteModel:
    return TFLiteModel(write_tflite(directory / "int8.tflite", linear, X, calibration=values))


@pytest.fixture(scope="module")
def constant_batch_model(directory) -> TFLiteModel:
    """Its batch size is in a constant of the graph, as with Keras's Flatten."""
    flatten = write_tflite(
        directory / "flatten.tflite",
        lambda x: {"y": tf.matmul(tf.reshape(x, [1, 6]), tf.constant(KERNEL))},
        tf.TensorSpec([1, 2, 3], tf.float32, name="x"),
    )
    return TFLiteModel(flatten)


@pytest.mark.parametrize("batch_size", [1, 32, 5])
def test_a_batch_of_any_size_is_what_numpy_says(float_model, values, batch_size):
    batch = values[:batch_size]
    np.testing.assert_allclose(float_model.predict({"x": batch})["y"], batch @ KERNEL, atol=1e-5)
    assert float_model.delegated


def test_without_xnnpack_the_built_in_kernels_give_the_same(float_model, directory, values):
    plain = TFLiteModel(directory / "float32.tflite", xnnpack=False)
    np.testing.assert_allclose(plain.predict({"x": values})["y"], float_model.predict({"x": values})["y"], atol=1e-5)
    assert not plain.delegated


def test_calls_are_counted_and_warming_up_is_not(directory, values):
    model = TFLiteModel(directory / "float32.tflite")
    model.warm_up({"x": values})
    assert model.latencies.count == 0
    model.predict({"x": values})
    assert model.latencies.count == 1


def test_a_batch_size_in_a_constant_is_run_one_by_one(constant_batch_model, values):
    for batch in (values[:4], values[:1], values):
        outputs = constant_batch_model.predict({"x": batch.reshape(-1, 2, 3)})
        np.testing.assert_allclose(outputs["y"], batch @ KERNEL, atol=1e-5)
        assert constant_batch_model.delegated


def test_a_graph_that_answers_for_its_own_batch_size_only_is_run_one_by_one(directory, values):
    path = write_tflite(directory / "first.tflite", lambda x: {"y": tf.matmul(x[:1], tf.constant(KERNEL))}, X)
    np.testing.assert_allclose(TFLiteModel(path).predict({"x": values[:4]})["y"], values[:4] @ KERNEL, atol=1e-5)


def test_no_latency_of_a_batch_that_cannot_be(constant_batch_model, values):
    with pytest.raises(ModelInputError, match=r"must be 1, which the graph holds in a constant\. Received: 2"):
        constant_batch_model.prepare({"x": values[:2].reshape(2, 2, 3)})


def test_int8_is_off_by_its_steps_at_most(int8_model, values):
    """By hand: an input is off by half a step, a weight by half of 1/127 of its column's largest."""
    tensor = int8_model.inputs["x"]
    weight_error = np.abs(KERNEL).max(axis=0) / 127 / 2
    bound = np.abs(KERNEL).sum(axis=0) * tensor.scale / 2 + np.abs(values).sum(axis=1, keepdims=True) * weight_error
    difference = np.abs(int8_model.predict({"x": values})["y"] - values @ KERNEL)
    assert np.all(difference <= bound * 1.05 + int8_model.outputs["y"].scale)


def test_int8_is_what_integers_give(int8_model, values):
    """Quantized by hand and run by the interpreter alone: the same integers come out."""
    tensor, output = int8_model.inputs["x"], int8_model.outputs["y"]
    assert (tensor.dtype, output.dtype) == (np.int8, np.int8)
    by_hand = np.clip(np.round(values[:1] / tensor.scale) + tensor.zero_point, -128, 127).astype(np.int8)
    interpreter = int8_model._interpreter
    int8_model.prepare({"x": values[:1]})
    interpreter.set_tensor(tensor.index, by_hand)
    interpreter.invoke()
    expected = interpreter.get_tensor(output.index)
    steps = int8_model.predict({"x": values[:1]})["y"] / output.scale + output.zero_point
    np.testing.assert_allclose(steps, expected, atol=1e-3)


def test_a_model_prepared_runs_on_what_it_was_given(float_model, values):
    float_model.predict({"x": values[:1]})
    run = float_model.prepare({"x": values[1:2]})
    run()
    output = float_model._interpreter.get_tensor(float_model.outputs["y"].index)
    np.testing.assert_allclose(output, values[1:2] @ KERNEL, atol=1e-5)


@pytest.fixture(scope="module")
def embedding(directory) -> TFLiteModel:
    lookup = write_tflite(
        directory / "embedding.tflite",
        lambda ids, x: {"y": tf.gather(tf.constant(KERNEL), ids) + x},
        tf.TensorSpec([1], tf.int32, name="ids"),
        tf.TensorSpec([1, 3], tf.float32, name="x"),
    )
    return TFLiteModel(lookup)


def test_integers_of_another_width_are_taken(embedding):
    ids, x = np.array([5, 0], np.int64), np.ones((2, 3))
    np.testing.assert_allclose(embedding.predict({"ids": ids, "x": x})["y"], KERNEL[ids] + 1, atol=1e-6)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"x": np.ones((1, 3))}, r"named \['ids', 'x'\]\. Received: \['x'\]"),
        ({"ids": [0.5], "x": np.ones((1, 3))}, "ids must be int32. Received: float64"),
        ({"ids": [2**40], "x": np.ones((1, 3))}, "ids must fit into int32. Received: up to 1099511627776"),
        ({"ids": [0], "x": np.array([["a", "b", "c"]])}, "x must be float32. Received: <U1"),
        ({"ids": [0], "x": np.ones((1, 4))}, r"shape \[batch, 3\], batch at least 1. Received: \[1, 4\]"),
        ({"ids": [0], "x": np.ones(3)}, r"Received: \[3\]"),
        ({"ids": np.zeros(0, np.int32), "x": np.ones((0, 3))}, r"batch at least 1. Received: \[0\]"),
        ({"ids": [0, 1], "x": np.ones((1, 3))}, r"one batch size. Received: \[1, 2\]"),
    ],
)
def test_inputs_that_the_model_does_not_take(embedding, inputs, message):
    with pytest.raises(ModelInputError, match=message):
        embedding.predict(inputs)


def test_int8_takes_no_nan(int8_model):
    with pytest.raises(ModelInputError, match="x must have no NaN"):
        int8_model.predict({"x": np.full((1, 6), np.nan)})


def test_half_a_file(float_model, directory, tmp_path):
    whole = (directory / "float32.tflite").read_bytes()
    (tmp_path / "half.tflite").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(TFLiteModelError, match=r"readable TFLite file\. Received: .*half\.tflite \(.*Flatbuffer"):
        TFLiteModel(tmp_path / "half.tflite")


def test_a_file_with_several_signatures(directory, tmp_path):
    module = tf.Module()
    module.one = tf.function(lambda x: {"y": x + 1}, input_signature=[X])
    module.two = tf.function(lambda x: {"y": x + 2}, input_signature=[X])
    tf.saved_model.save(module, str(tmp_path), signatures={"one": module.one, "two": module.two})
    (tmp_path / "two.tflite").write_bytes(tf.lite.TFLiteConverter.from_saved_model(str(tmp_path)).convert())
    with pytest.raises(TFLiteModelError, match=r"must have one signature\. Received: .* with 2\."):
        TFLiteModel(tmp_path / "two.tflite")


@given(scale=st.floats(1e-4, 10), zero_point=st.integers(-128, 127))
def test_every_quantized_value_comes_back(scale, zero_point):
    tensor = TensorInfo(name="x", shape=(1,), dtype=np.dtype(np.int8), scale=scale, zero_point=zero_point)
    every = np.arange(-128, 128).astype(np.int8)
    assert np.array_equal(tensor.quantize(tensor.dequantize(every)), every)
