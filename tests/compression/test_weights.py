import numpy as np
import pytest

from compression.convert import convert, export_for_conversion
from compression.weights import count_weights
from tests.compression.saved_models import dense

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
