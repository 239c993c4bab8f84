"""What is refused before the converter starts, and after it has ended."""

import re
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import compression.conversion.convert
from compression.conversion.checks import check_file
from compression.conversion.convert import ConversionError, convert, export_for_conversion
from compression.conversion.signature import read_signature
from tests.compression.saved_models import dense, save

KERNEL = np.arange(12, dtype=np.float32).reshape(4, 3)


@pytest.fixture(scope="module")
def saved_model(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("dense")
    export_for_conversion(dense(KERNEL), directory)
    return directory


@pytest.fixture(autouse=True)
def _no_converter(monkeypatch):
    def run_worker(*args: object, **options: object) -> None:
        raise AssertionError("the converter was started")

    monkeypatch.setattr(compression.conversion.convert, "run_worker", run_worker)


def refused(message: str):
    return pytest.raises(ConversionError, match=re.escape(message))


def test_the_error_says_how_to_end_the_command():
    assert (ConversionError.title, ConversionError.exit_code) == ("Conversion failed", 1)


def test_the_signature_is_the_models_at_batch_size_one(saved_model):
    signature = read_signature(saved_model, "predict")
    assert signature.inputs == {"x": tf.TensorSpec([1, 4], tf.float32, name="x")}
    assert signature.outputs == {"y": tf.TensorSpec([1, 3], tf.float32, name="y")}


def test_outputs_without_names(tmp_path):
    x = keras.Input((4,), name="x")
    with refused("a model must give a dictionary of outputs"):
        export_for_conversion(keras.Model({"x": x}, keras.layers.Dense(3)(x)), tmp_path)


def test_a_directory_without_a_saved_model(tmp_path):
    with refused(f"Received: {tmp_path / 'saved_model.pb'} (FileNotFoundError)"):
        convert(tmp_path, {"float32": tmp_path / "a.tflite"})


def test_a_damaged_saved_model(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"\xff" * 40)
    with refused("(DecodeError)"):
        convert(tmp_path, {"float32": tmp_path / "a.tflite"})


def test_a_signature_that_is_not_there(saved_model, tmp_path):
    with refused("the signature embed must be one of the SavedModel's. Received: a SavedModel with predict"):
        convert(saved_model, {"float32": tmp_path / "a.tflite"}, signature="embed")


@pytest.mark.parametrize(("names", "received"), [(["int2", "float32"], "int2"), ([], "none")])
def test_unknown_precisions(saved_model, names, received):
    with refused(f"precisions must be of float32, float16, dynamic, int8, int16x8, int4. Received: {received}."):
        convert(saved_model, dict.fromkeys(names, "a.tflite"))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (tf.TensorSpec([None, 4], tf.float32, name="x"), "static shape with batch size 1. Received: (None, 4)"),
        (tf.TensorSpec([1, None], tf.float32, name="x"), "static shape with batch size 1. Received: (1, None)"),
        (tf.TensorSpec([8, 4], tf.float32, name="x"), "static shape with batch size 1. Received: (8, 4)"),
        (tf.TensorSpec([], tf.float32, name="x"), "static shape with batch size 1. Received: ()"),
        (tf.TensorSpec([1, 4], tf.string, name="x"), "must be float32, int32 or int64. Received: string"),
        (tf.TensorSpec([1, 4], tf.bool, name="x"), "must be float32, int32 or int64. Received: bool"),
    ],
)
def test_inputs_that_no_device_takes(tmp_path, spec, message):
    directory = save(tmp_path, "predict", lambda x: {"y": tf.identity(x)}, spec)
    with refused(message):
        convert(directory, {"float32": tmp_path / "a.tflite"})


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_weight_that_is_no_number(tmp_path, value):
    kernel = KERNEL.copy()
    kernel[2, 1] = value
    export_for_conversion(dense(kernel), tmp_path)
    with refused("every weight must be a finite number. Received: NaN or infinity in head/kernel."):
        convert(tmp_path, {"float32": tmp_path / "a.tflite"})


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        (None, "Received: none or an empty one"),
        ({}, "Received: none or an empty one"),
        ({"x": np.zeros((0, 4))}, "Received: none or an empty one"),
        ({"image": np.zeros((5, 4))}, "of the inputs ['x']. Received: ['image']"),
        ({"x": np.zeros((5, 4)), "z": np.zeros((5, 4))}, "Received: ['x', 'z']"),
        ({"x": np.zeros((5, 3))}, "that of x must be of shape [example, 4]. Received: [5, 3]"),
        ({"x": np.zeros((5, 1, 4))}, "Received: [5, 1, 4]"),
        ({"x": np.full((5, 4), np.nan)}, "that of x must be finite"),
        ({"x": np.full((5, 4), 0.5)}, "it must vary. Received: 5 equal examples"),
    ],
)
def test_samples_that_int8_cannot_be_calibrated_on(saved_model, tmp_path, sample, message):
    with refused(message):
        convert(saved_model, {"int8": tmp_path / "a.tflite"}, representative_sample=sample)


def test_a_sample_with_more_examples_of_one_input(tmp_path):
    specs = [tf.TensorSpec([1, 2], tf.float32, name=name) for name in ("a", "b")]
    directory = save(tmp_path, "predict", lambda a, b: {"y": a + b}, *specs)
    with refused("Received: {'a': 3, 'b': 4}"):
        convert(
            directory,
            {"int8": tmp_path / "a.tflite"},
            representative_sample={"a": np.zeros((3, 2)), "b": np.zeros((4, 2))},
        )


@pytest.fixture(scope="module")
def float_file(saved_model, tmp_path_factory) -> Path:
    """TensorFlow's converter, called without ours."""
    path = tmp_path_factory.mktemp("files") / "float32.tflite"
    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved_model), signature_keys=["predict"])
    path.write_bytes(converter.convert())
    return path


def test_a_file_that_agrees_passes(saved_model, float_file):
    check_file(float_file, "float32", read_signature(saved_model, "predict"))


def test_a_file_that_takes_floats_is_not_int8(saved_model, float_file):
    with refused("the int8 file must have the tensors x (1, 4) float32. Received: {'x': ([1, 4], 'float32')}"):
        check_file(float_file, "int8", read_signature(saved_model, "predict"))


def test_a_file_of_another_model(tmp_path, float_file):
    other = save(tmp_path, "predict", lambda x: {"label": x}, tf.TensorSpec([1, 4], tf.float32, name="x"))
    with refused("the float32 file must have the tensors label (1, 4) float32. Received: {'y': ([1, 3], 'float32')}"):
        check_file(float_file, "float32", read_signature(other, "predict"))


def test_a_file_that_does_not_load(saved_model, tmp_path):
    (tmp_path / "a.tflite").write_bytes(b"half a file")
    with refused("the float32 file must load. Received:"):
        check_file(tmp_path / "a.tflite", "float32", read_signature(saved_model, "predict"))
