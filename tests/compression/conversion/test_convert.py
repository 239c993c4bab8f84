"""Files of each precision from one conversion, judged by Keras and NumPy."""

import logging
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from compression.conversion.convert import ConversionError, convert, export_for_conversion
from compression.precisions import PRECISIONS
from serving.tflite import TFLiteModel
from tests.compression.saved_models import cnn, save

pytestmark = pytest.mark.usefixtures("conversions_in_this_process")


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return cnn()


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(64, 16, 16, 1)).astype(np.float32)


@pytest.fixture(scope="module")
def files(model, images, tmp_path_factory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("cnn")
    export_for_conversion(model, directory / "saved_model")
    paths = {precision: directory / f"{precision}.tflite" for precision in PRECISIONS}
    convert(directory / "saved_model", paths, representative_sample={"image": images})
    return paths


@pytest.mark.parametrize("precision", PRECISIONS)
def test_answers_as_keras_does(files, model, images, tolerances, precision):
    expected = model({"image": images}, training=False)["logits"].numpy()
    difference = np.abs(TFLiteModel(files[precision]).predict({"image": images})["logits"] - expected) / expected.std()
    largest, mean = tolerances[precision]
    assert difference.max() <= largest
    assert difference.mean() <= mean


@pytest.mark.parametrize("precision", PRECISIONS)
def test_inputs_and_outputs_keep_their_names_and_are_int8_for_int8_only(files, precision):
    model = TFLiteModel(files[precision])
    dtype = np.int8 if precision == "int8" else np.float32
    assert {name: (tensor.shape, tensor.dtype) for name, tensor in model.inputs.items()} == {
        "image": ((1, 16, 16, 1), dtype)
    }
    assert {name: (tensor.shape, tensor.dtype) for name, tensor in model.outputs.items()} == {
        "logits": ((1, 10), dtype)
    }


@pytest.mark.parametrize("precision", [precision for precision in PRECISIONS if precision != "int16x8"])
@pytest.mark.parametrize("batch_size", [1, 32])
def test_xnnpack_takes_it_at_any_batch_size(files, images, precision, batch_size):
    model = TFLiteModel(files[precision])
    model.prepare({"image": images[:batch_size]})()
    assert model.delegated


def test_activations_of_16_bits_are_not_for_xnnpack_which_is_told(files):
    assert not TFLiteModel(files["int16x8"]).delegated


def test_fewer_bits_are_fewer_bytes(files):
    size = {precision: path.stat().st_size for precision, path in files.items()}
    assert size["float16"] < 0.6 * size["float32"]
    assert size["dynamic"] < 0.5 * size["float32"]
    assert size["int8"] < 0.5 * size["float32"]


def test_nothing_else_is_left_behind(files):
    directory = files["int8"].parent
    assert {path.name for path in directory.iterdir()} == {"saved_model", *(f"{name}.tflite" for name in PRECISIONS)}


def test_several_inputs_integers_and_another_signature(tmp_path, caplog):
    table = np.random.default_rng(1).normal(size=(20, 4)).astype(np.float32)
    saved_model = save(
        tmp_path / "saved_model",
        "embed",
        lambda ids, x: {"y": tf.cumsum(tf.gather(tf.constant(table), ids) + x, axis=1)},
        tf.TensorSpec([1, 3], tf.int32, name="ids"),
        tf.TensorSpec([1, 3, 4], tf.float32, name="x"),
    )
    rng = np.random.default_rng(2)
    # Calibration examples may come as wider types than the model's.
    inputs = {"ids": rng.integers(0, 20, size=(50, 3)), "x": rng.normal(size=(50, 3, 4))}
    paths = {"float32": tmp_path / "a.tflite", "int8": tmp_path / "b.tflite"}
    with caplog.at_level(logging.WARNING, logger="compression"):
        convert(saved_model, paths, signature="embed", representative_sample=inputs)
    expected = np.cumsum(table[inputs["ids"]] + inputs["x"], axis=1)
    np.testing.assert_allclose(TFLiteModel(paths["float32"]).predict(inputs)["y"], expected, atol=1e-5)
    quantized = TFLiteModel(paths["int8"])
    assert (quantized.inputs["ids"].dtype, quantized.inputs["x"].dtype) == (np.int32, np.int8)
    # One step of the output, and three additions of inputs that are off by half a step.
    tolerance = quantized.outputs["y"].scale + 3 * quantized.inputs["x"].scale
    np.testing.assert_allclose(quantized.predict(inputs)["y"], expected, atol=tolerance)
    assert "The int8 file runs CUMSUM in float32" in caplog.text


def test_an_op_that_tflite_lacks_is_named(tmp_path):
    saved_model = save(
        tmp_path / "saved_model",
        "predict",
        lambda x: {"y": tf.strings.length(tf.strings.as_string(x)), "z": tf.linalg.svd(x, compute_uv=False)},
        tf.TensorSpec([1, 4, 4], tf.float32, name="x"),
    )
    destination = tmp_path / "a.tflite"
    with pytest.raises(ConversionError, match=r"tf\.AsString, tf\.StringLength, tf\.Svd \(converting to float32\)"):
        convert(saved_model, {"float32": destination})
    assert not destination.exists()


def test_dead_units_are_refused_for_int8_and_nothing_else(images, tmp_path):
    model = cnn()
    # The gate's squeeze: far below zero whatever comes in, so that ReLU gives nothing but zeros.
    squeeze = next(layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D) and layer.filters == 4)
    squeeze.set_weights([squeeze.get_weights()[0], np.full(4, -100, np.float32)])
    export_for_conversion(model, tmp_path / "saved_model")
    with pytest.raises(ConversionError, match=r"activations that vary\. Received: .*dead\. Train again"):
        convert(tmp_path / "saved_model", {"int8": tmp_path / "a.tflite"}, representative_sample={"image": images})
    assert not (tmp_path / "a.tflite").exists()
    convert(tmp_path / "saved_model", {"float32": tmp_path / "b.tflite"})
    assert TFLiteModel(tmp_path / "b.tflite").predict({"image": images})["logits"].shape == (64, 10)


@pytest.mark.parametrize("places", [("gs://b/model", "a.tflite"), ("model", "gs://b/a.tflite")])
def test_an_address_is_no_path_to_convert(places):
    with pytest.raises(ConversionError, match=r"are converted on this machine\. Received: gs://b/"):
        convert(places[0], {"float32": places[1]})
