import keras
import numpy as np
import pytest

from compression.conversion.convert import convert, export_for_conversion
from compression.files.weights import count_weights, layer_sparsity
from records.variants import LayerSparsity
from tests.compression.saved_models import dense

pytestmark = pytest.mark.usefixtures("conversions_in_this_process")

# A third of the kernel is zero.
KERNEL = np.where(np.arange(96).reshape(8, 12) % 3, np.linspace(-1, 1, 96).reshape(8, 12) + 0.003, 0)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    directory = tmp_path_factory.mktemp("dense")
    export_for_conversion(dense(KERNEL.astype(np.float32)), directory / "saved_model")
    paths = {precision: directory / f"{precision}.tflite" for precision in ("float32", "float16", "int8")}
    sample = {"x": np.random.default_rng(0).normal(size=(16, 8)).astype(np.float32)}
    convert(directory / "saved_model", paths, representative_sample=sample)
    return paths


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_the_kernel_and_its_zeros_are_counted(files, precision):
    assert count_weights(files[precision]) == (96, 64)


def test_int8_may_round_small_weights_to_zero(files):
    weights, nonzero = count_weights(files["int8"])
    # The converter adds a bias of zeros, one for each output.
    assert weights in (96, 96 + 12)
    assert 60 <= nonzero <= 64


@pytest.mark.parametrize("precision", ["float32", "float16", "int8"])
def test_a_kernel_is_found_by_its_values(files, precision):
    other = np.random.default_rng(1).normal(size=KERNEL.shape)
    [found] = layer_sparsity(files[precision], {"other": other, "head": KERNEL})
    assert (found.layer, found.weights) == ("head", 96)
    # Rounding to int8 may add zeros, none in the other two.
    assert found.sparsity == pytest.approx(1 / 3, abs=0.05 if precision == "int8" else 1e-9)


def test_convolutions_are_found_in_the_converter_s_order(tmp_path):
    image = keras.Input((6, 6, 3), name="image")
    x = keras.layers.DepthwiseConv2D(3, use_bias=False, name="depthwise")(image)
    model = keras.Model({"image": image}, {"y": keras.layers.Conv2D(5, 2, use_bias=False, name="full")(x)})
    rng = np.random.default_rng(0)
    sparse = {"depthwise": (3, 3, 3, 1), "full": (2, 2, 3, 5)}
    kernels = {name: rng.normal(size=shape) * (rng.uniform(size=shape) < 0.5) for name, shape in sparse.items()}
    model.set_weights(list(kernels.values()))
    export_for_conversion(model, tmp_path / "saved_model")
    convert(tmp_path / "saved_model", {"float32": tmp_path / "float32.tflite"})
    expected = [
        LayerSparsity(layer=name, sparsity=float(np.mean(kernel == 0)), weights=kernel.size)
        for name, kernel in kernels.items()
    ]
    found = layer_sparsity(tmp_path / "float32.tflite", kernels)
    assert [(each.layer, each.weights) for each in found] == [(each.layer, each.weights) for each in expected]
    assert [each.sparsity for each in found] == pytest.approx([each.sparsity for each in expected])
