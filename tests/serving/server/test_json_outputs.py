"""Values and expected texts are those of tensorflow_serving/util/json_tensor_test.cc, whose test each one names."""

import json

import numpy as np
import pytest

from serving.server.errors import RequestError
from serving.server.json_outputs import predictions_json


def written(outputs: dict[str, np.ndarray], *, in_rows: bool = True) -> object:
    return json.loads(predictions_json(outputs, in_rows=in_rows))


def test_the_name_of_a_single_output_is_dropped():
    """FromJsonSingleTensor."""
    values = [[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 0], [1, 2]]]
    outputs = {"int_tensor": np.array(values, np.int32)}
    assert written(outputs) == {"predictions": values}
    assert written(outputs, in_rows=False) == {"outputs": values}


def test_scalars():
    """FromJsonSingleScalarTensor."""
    assert written({"int_tensor": np.arange(1, 6, dtype=np.int32)}) == {"predictions": [1, 2, 3, 4, 5]}
    assert written({"x": np.array(1.5, np.float32)}, in_rows=False) == {"outputs": 1.5}


def test_bytes():
    """FromJsonSingleBytesTensor."""
    outputs = {"str_tensor_bytes": np.array([[b"hello", b"world"], [b"tf", b"serving"]], object)}
    assert written(outputs) == {
        "predictions": [
            [{"b64": "aGVsbG8="}, {"b64": "d29ybGQ="}],
            [{"b64": "dGY="}, {"b64": "c2VydmluZw=="}],
        ]
    }


def test_floats_are_as_short_as_they_can_be():
    """FromJsonSingleFloatTensorSixDigitPrecision: the same numbers; 9e+06 is written as 9000000.0."""
    values = [[9000000, 999999, 0.5], [0.0003, 0.00003, 555557.5]]
    text = predictions_json({"x": np.array(values, np.float32)}, in_rows=True)
    assert text == b'{"predictions":[[9000000.0,999999.0,0.5],[0.0003,0.00003,555557.5]]}'


def test_numbers_that_are_not_finite():
    """FromJsonSingleFloatTensorNonFinite."""
    text = predictions_json({"x": np.array([[np.nan, np.inf], [0.2, -np.inf]], np.float32)}, in_rows=True)
    assert text == b'{"predictions": [[NaN, Infinity], [0.2, -Infinity]]}'


def test_several_outputs():
    """FromJsonMultipleNamedTensors."""
    outputs = {"number": np.array([[1, 2], [3, 4]], np.int64), "name": np.array([b"a", b"b"], object)}
    assert written(outputs) == {"predictions": [{"number": [1, 2], "name": "a"}, {"number": [3, 4], "name": "b"}]}
    assert written(outputs, in_rows=False) == {"outputs": {"number": [[1, 2], [3, 4]], "name": ["a", "b"]}}


@pytest.mark.parametrize("shape", [(0,), (0, 3)])
def test_no_rows(shape):
    """FromJsonSingleZeroBatchTensor."""
    assert written({"x": np.zeros(shape, np.float32)}) == {"predictions": []}


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ({"x": np.zeros(2, np.complex64)}, "tensor type: complex64"),
        ({"x": np.array(1, np.int32)}, "no shape information"),
        ({"x": np.zeros(2), "y": np.zeros(3)}, "inconsistent batch size: 3 expecting: 2"),
        ({"x": np.array([b"\xff"], object)}, r"must be text in UTF-8 for JSON. Received: other bytes. Name it x_bytes"),
    ],
)
def test_what_has_no_json(outputs, message):
    """FromJsonSingleTensorErrors, FromJsonMultipleNamedTensors."""
    with pytest.raises(RequestError, match=message):
        predictions_json(outputs, in_rows=True)
