"""Files out of one float32 file: which layers are quantized, and how far off each of them is."""

from pathlib import Path

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

import compression.conversion.convert
from compression.conversion.convert import ConversionError, convert, export_for_conversion
from compression.conversion.layer_errors import layer_errors, relative_error
from compression.conversion.layer_names import read_layer_names
from compression.conversion.quantizer import quantize
from compression.conversion.worker import find_kept_operations
from compression.files.file_ops import open_file
from compression.layer_patterns import LayerPatternError
from serving.tflite import TFLiteModel

pytestmark = pytest.mark.usefixtures("conversions_in_this_process")


def network() -> keras.Model:
    """Two dense layers. Each channel of `outlier` has one weight 1000 times as large as the others, on a unit that is
    never on: in steps that reach so far all other weights are zero."""
    keras.utils.set_random_seed(3)
    x = keras.Input((16,), name="x")
    y = keras.layers.Dense(64, activation="relu", name="first")(x)
    model = keras.Model({"x": x}, {"y": keras.layers.Dense(8, name="outlier")(y)})
    kernel, bias = model.get_layer("first").get_weights()
    bias[0] = -100
    model.get_layer("first").set_weights([kernel, bias])
    kernel, bias = model.get_layer("outlier").get_weights()
    kernel[0] = 1000 * np.abs(kernel).max()
    model.get_layer("outlier").set_weights([kernel, bias])
    return model


@pytest.fixture(scope="module")
def sample() -> dict[str, np.ndarray]:
    return {"x": np.random.default_rng(1).normal(size=(40, 16)).astype(np.float32)}


@pytest.fixture(scope="module")
def saved_model(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("network")
    export_for_conversion(network(), directory / "saved_model")
    return directory / "saved_model"


@pytest.fixture(scope="module")
def files(saved_model, sample) -> dict[str, Path]:
    """float32, and int8 and int4 of all layers and of all but `outlier`."""
    directory = saved_model.parent
    convert(saved_model, {"float32": directory / "float32"})
    content = (directory / "float32").read_bytes()
    kept = find_kept_operations(content, ["out*"], read_layer_names(saved_model))
    for precision in ("int8", "int4"):
        for name, keep_float in ((precision, []), (f"partly_{precision}", kept)):
            quantized = quantize(content, precision, signature="predict", sample=sample, keep_float=keep_float)
            (directory / name).write_bytes(quantized)
    return {path.name: path for path in directory.iterdir()}


def weight_types(path: Path) -> list[str]:
    """Of the dense layers' kernels, in order."""
    interpreter: Interpreter = open_file(path)
    dtypes = {tensor["index"]: np.dtype(tensor["dtype"]).name for tensor in interpreter.get_tensor_details()}
    operations = [op for op in interpreter._get_ops_details() if op["op_name"] == "FULLY_CONNECTED"]
    return [dtypes[op["inputs"][1]] for op in operations]


def test_layers_that_a_pattern_fits_stay_float32_and_the_others_do_not(files):
    assert weight_types(files["int8"]) == ["int8", "int8"]
    assert weight_types(files["partly_int8"]) == ["int8", "float32"]
    assert weight_types(files["partly_int4"]) == [weight_types(files["int4"])[0], "float32"]


def test_int8_inputs_and_outputs_stay_int8_beside_layers_in_float32(files):
    model = TFLiteModel(files["partly_int8"])
    assert (model.inputs["x"].dtype, model.outputs["y"].dtype) == (np.int8, np.int8)


def test_the_worst_layer_is_found_and_keeping_it_in_float32_mends_the_output(saved_model, sample, files):
    def errors(path: Path) -> dict[str, float]:
        found = layer_errors(files["float32"], path, sample, layers=read_layer_names(saved_model), signature="predict")
        assert [each.error for each in found] == sorted((each.error for each in found), reverse=True)
        return {each.layer: each.error for each in found}

    spoilt, mended = errors(files["int8"]), errors(files["partly_int8"])
    assert list(spoilt) == ["outlier", "first"]
    # Nothing is left of the layer's output; it had no bias.
    assert spoilt["outlier"] == pytest.approx(1, abs=0.01)
    assert mended["outlier"] < 0.02


def test_relative_error_is_a_root_of_means():
    assert relative_error([3.0, 4.0], [3.0, 4.0]) == 0
    assert relative_error([0.0, 0.0], [0.0, 0.0]) == 0
    # sqrt((1 + 1) / 2) over sqrt((9 + 16) / 2).
    assert relative_error([4.0, 5.0], [3.0, 4.0]) == pytest.approx(1 / np.sqrt(12.5))


def test_a_pattern_that_fits_no_layer_is_refused_before_converting(saved_model, sample, tmp_path, monkeypatch):
    monkeypatch.setattr(
        compression.conversion.convert, "run_worker", lambda *_, **__: pytest.fail("the converter was started")
    )
    with pytest.raises(LayerPatternError, match=r"keep_float must fit the path of a layer \(first, .*'head'"):
        convert(saved_model, {"int8": tmp_path / "a.tflite"}, representative_sample=sample, keep_float=["head"])


def test_a_layer_that_the_converter_took_into_another_is_refused(saved_model, files):
    with pytest.raises(ConversionError, match=r"must compute something in the file\. Received: 'gone'"):
        find_kept_operations(files["float32"].read_bytes(), ["gone"], read_layer_names(saved_model))


def test_fake_quantization_is_int8_alone(saved_model, tmp_path):
    with pytest.raises(ConversionError, match=r"as the nodes say\. Received: int8, float32"):
        convert(
            saved_model,
            {"int8": tmp_path / "a.tflite", "float32": tmp_path / "b.tflite"},
            quantization_aware=True,
        )
