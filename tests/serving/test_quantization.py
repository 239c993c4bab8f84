import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.tensor_info import TensorInfo
from serving.tflite import TFLiteModel, TFLiteModelError


def _tensor(scale: float = 0.5, zero_point: int = -3, dtype: type = np.int8) -> TensorInfo:
    return TensorInfo(name="x", shape=(1,), dtype=np.dtype(dtype), scale=scale, zero_point=zero_point)


def test_rounds_and_clips():
    # 0.74 / 0.5 = 1.48 rounds to 1; 0.76 / 0.5 = 1.52 to 2; truncation would give 1 for both.
    quantized = _tensor().quantize(np.array([0.0, 0.74, 0.76, -0.76, 1e6, -1e6]))
    assert quantized.tolist() == [-3, -2, -1, -5, 127, -128]
    assert quantized.dtype == np.int8


def test_dequantizes():
    assert _tensor().dequantize(np.array([-3, 1, 127], np.int8)).tolist() == [0.0, 2.0, 65.0]


def test_real_tensors_pass_through():
    values = np.array([0.1, 1e9], np.float32)
    tensor = _tensor(scale=0, zero_point=0, dtype=np.float32)
    assert tensor.quantize(values).tolist() == tensor.dequantize(values).tolist() == values.tolist()


@given(st.floats(1e-3, 1e3), st.integers(-128, 127), st.floats(0, 1))
def test_the_round_trip_is_off_by_half_a_step_at_most(scale, zero_point, position):
    tensor = _tensor(scale, zero_point)
    lowest, highest = (-128 - zero_point) * scale, (127 - zero_point) * scale
    value = lowest + position * (highest - lowest)
    received = tensor.dequantize(tensor.quantize(np.array([value])))[0]
    assert abs(received - value) <= scale / 2 * (1 + 1e-3) + 1e-6 * abs(value)


@pytest.mark.parametrize("content", [None, b"", b"no model at all, but long enough to be read"])
def test_what_is_no_model_is_refused(tmp_path, content):
    path = tmp_path / "model.tflite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TFLiteModelError, match=r"must be a readable TFLite file\. Received: .*model\.tflite"):
        TFLiteModel(path)
