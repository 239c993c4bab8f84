"""Conversions of one small network, made once: each starts a process that imports TensorFlow."""

import subprocess

import keras
import numpy as np
import pytest
import tensorflow as tf

from compression import convert as conversion
from compression.convert import PRECISIONS, ConversionError, convert, export_for_conversion
from models.resnet import resnet
from serving.tflite import TFLiteInputError, TFLiteModel

IMAGES = np.random.default_rng(0).random((64, 8, 8, 1), np.float32)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(1)
    return resnet(image_shape=(8, 8, 1), num_classes=10, widths=(16, 32), blocks_per_stage=1, se_ratio=4)


@pytest.fixture(scope="module")
def saved_model(model, tmp_path_factory):
    directory = tmp_path_factory.mktemp("saved_model")
    export_for_conversion(model, directory)
    return directory


@pytest.fixture(scope="module")
def files(saved_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tflite")
    paths = {precision: folder / f"{precision}.tflite" for precision in PRECISIONS}
    convert(saved_model, paths, representative_sample={"image": IMAGES})
    assert sorted(folder.iterdir()) == sorted(paths.values())
    return paths


@pytest.fixture(scope="module")
def expected(model) -> np.ndarray:
    return model({"image": IMAGES}, training=False)["logits"].numpy()


@pytest.mark.parametrize(
    ("precision", "tolerance"), [("float32", 1e-5), ("float16", 0.01), ("dynamic", 0.1), ("int8", 0.1)]
)
@pytest.mark.parametrize("batch", [1, 32])
def test_computes_what_the_network_computes(files, expected, precision, tolerance, batch):
    """Mean difference in standard deviations of the output, at batch sizes other than the exported one."""
    logits = TFLiteModel(files[precision]).predict({"image": IMAGES[:batch]})["logits"]
    assert logits.shape == (batch, 10)
    assert np.mean(np.abs(logits - expected[:batch])) <= tolerance * np.std(expected)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_xnnpack_takes_it(files, precision):
    model = TFLiteModel(files[precision])
    assert model.delegated
    model.predict({"image": IMAGES})
    assert model.delegated


def test_int8_is_integer_from_end_to_end(files):
    model = TFLiteModel(files["int8"])
    assert model.inputs["image"].dtype == model.outputs["logits"].dtype == np.int8
    assert model.inputs["image"].scale > 0


def test_each_precision_is_smaller_than_float32(files):
    sizes = {precision: path.stat().st_size for precision, path in files.items()}
    assert sizes["float16"] < 0.65 * sizes["float32"]
    assert sizes["int8"] < 0.5 * sizes["float32"]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"picture": IMAGES}, r"must be named \['image'\]\. Received: \['picture'\]"),
        ({"image": IMAGES[0]}, r"of shape \[batch, 8, 8, 1\]\. Received: \[8, 8, 1\]"),
        ({"image": IMAGES[:0]}, r"Received: \[0, 8, 8, 1\]"),
    ],
)
def test_wrong_inputs_are_named(files, inputs, message):
    with pytest.raises(TFLiteInputError, match=message):
        TFLiteModel(files["float32"]).predict(inputs)


def test_a_weight_that_is_no_number_is_refused(model, tmp_path):
    broken = keras.models.clone_model(model)
    broken.layers[-1].bias.assign(np.full(10, np.nan, np.float32))
    with pytest.raises(ConversionError, match=r"finite number\. Received: NaN or infinity in logits/bias"):
        export_for_conversion(broken, tmp_path / "saved_model")
    assert not (tmp_path / "saved_model").exists()


@pytest.mark.parametrize("sample", [None, {}, {"image": IMAGES[:0]}])
def test_int8_needs_a_sample(saved_model, tmp_path, sample):
    with pytest.raises(ConversionError, match="int8 needs a representative sample"):
        convert(saved_model, {"int8": tmp_path / "int8.tflite"}, representative_sample=sample)


def test_an_unknown_precision_is_refused(saved_model, tmp_path):
    with pytest.raises(ConversionError, match="Received: int2"):
        convert(saved_model, {"int2": tmp_path / "int2.tflite"})


def test_an_op_that_tflite_lacks_is_named(tmp_path):
    class Inverse(keras.layers.Layer):
        def call(self, x):
            return tf.linalg.inv(x)

    x = keras.Input((3, 3), name="x")
    export_for_conversion(keras.Model({"x": x}, {"y": Inverse()(x)}), tmp_path / "saved_model")
    with pytest.raises(ConversionError, match=r"built-in ones\. Received: .*MatrixInverse"):
        convert(tmp_path / "saved_model", {"float32": tmp_path / "float32.tflite"})
    assert not list(tmp_path.glob("*.tflite*"))


def test_a_converter_that_aborts_is_an_error(monkeypatch, saved_model, tmp_path):
    run = subprocess.run
    abort = ["sh", "-c", "echo 'LLVM ERROR: something' >&2; kill -ABRT $$"]
    monkeypatch.setattr(conversion.subprocess, "run", lambda command, **options: run(abort, **options))
    with pytest.raises(ConversionError, match=r"ended by signal 6\. Received on its stderr: LLVM ERROR: something"):
        convert(saved_model, {"float32": tmp_path / "float32.tflite"})
    assert not list(tmp_path.iterdir())


def test_a_converter_that_hangs_is_given_up(monkeypatch, saved_model, tmp_path):
    run = subprocess.run
    hang = ["sleep", "60"]
    monkeypatch.setattr(conversion.subprocess, "run", lambda command, **options: run(hang, **options))
    with pytest.raises(ConversionError, match=r"within 0\.1 seconds"):
        convert(saved_model, {"float32": tmp_path / "float32.tflite"}, timeout_secs=0.1)
