"""Requests and expected values are those of tensorflow_serving/util/json_tensor_test.cc, whose test each one names."""

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.server.errors import Code, RequestError
from serving.server.json_tensors import parse_json, read_tensors, signature_name
from serving.server.json_values import _fill, to_array
from serving.tensor_info import TensorInfo


def infos(**dtypes: object) -> dict[str, TensorInfo]:
    return {name: TensorInfo(name=name, shape=(None,), dtype=np.dtype(dtype)) for name, dtype in dtypes.items()}


def read(body: str, **dtypes: object) -> tuple[dict[str, np.ndarray], bool]:
    return read_tensors(parse_json(body.encode()), infos(**dtypes))


def test_rows_of_one_tensor():
    """SingleUnnamedTensor."""
    tensors, in_rows = read('{"instances": [[1,2],[3,4],[5,6]]}', default="int32")
    assert in_rows
    assert tensors["default"].dtype == np.int32
    assert tensors["default"].tolist() == [[1, 2], [3, 4], [5, 6]]


def test_columns_of_one_tensor():
    """SingleUnnamedTensor in the columnar format: no axis is added."""
    tensors, in_rows = read('{"inputs": [[[1,2],[3,4],[5,6]]]}', default="int32")
    assert not in_rows
    assert tensors["default"].shape == (1, 3, 2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_whole_numbers_among_floats(dtype):
    """MixedInputForFloatTensor, MixedInputForDoubleTensor."""
    tensors, _ = read('{"instances": [1, 2.0, 3, 4, 5.003, 0.007, 0.0]}', default=dtype)
    assert tensors["default"].dtype == dtype
    np.testing.assert_array_equal(tensors["default"], np.array([1, 2, 3, 4, 5.003, 0.007, 0], dtype))


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("1435774380", 1435774336.0),
        ("1435774380.0", 1435774336.0),
        ("1.7976931348623157e308", np.inf),
        ("-1.7976931348623157e308", -np.inf),
        ("2.2250738585072014e-308", 0.0),
    ],
)
def test_numbers_that_float32_has_not(number, expected):
    """FloatTensorWithPrecisionLoss, FloatTensorThatExceedsMaxReturnsInf, FloatTensorThatExceedsMinReturnsZero."""
    assert read(f'{{"instances": [{number}]}}', default="float32")[0]["default"].tolist() == [expected]


def test_tokens_that_are_no_json():
    """api_rest.md, JSON conformance."""
    tensors, _ = read('{"instances": [[1.0, -3.14], [NaN, Infinity], [-Infinity, 0]]}', default="float32")
    np.testing.assert_array_equal(
        tensors["default"], np.array([[1, -3.14], [np.nan, np.inf], [-np.inf, 0]], np.float32)
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"instances": [{"b64": "aGVsbG8="}, {"b64": "d29ybGQ="}]}', [b"hello", b"world"]),
        ('{"instances": [[{"b64": "aGVsbG8="}], [{"b64": "d29ybGQ"}]]}', [[b"hello"], [b"world"]]),
        ('{"instances": [{"default": [[{"b64": "aGVsbG8="}], [{"b64": "d29ybGQ="}]]}]}', [[[b"hello"], [b"world"]]]),
        ('{"inputs": {"b64": "aGVsbG8="}}', b"hello"),
        ('{"inputs": {"default": ["h\\u00e9"]}}', ["hé".encode()]),
    ],
)
def test_bytes(text, expected):
    """SingleUnnamedTensorBase64Scalars, SingleUnnamedTensorBase64Lists, SingleNamedTensorBase64."""
    assert read(text, default=object)[0]["default"].tolist() == expected


def test_rows_of_several_tensors():
    """The request of api_rest.md, Specifying input tensors in row format."""
    rows = [
        {"tag": "foo", "signal": [1, 2, 3, 4, 5], "sensor": [[1, 2], [3, 4]]},
        {"tag": "bar", "signal": [3, 4, 1, 2, 5], "sensor": [[4, 5], [6, 8]]},
    ]
    tensors, _ = read(json.dumps({"instances": rows}), tag=object, signal="int64", sensor="float32")
    columns = {
        "tag": ["foo", "bar"],
        "signal": [row["signal"] for row in rows],
        "sensor": [row["sensor"] for row in rows],
    }
    in_columns, _ = read(json.dumps({"inputs": columns}), tag=object, signal="int64", sensor="float32")
    assert tensors["tag"].tolist() == [b"foo", b"bar"]
    for name in columns:
        np.testing.assert_array_equal(tensors[name], in_columns[name])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "document is empty"),
        ("[1]", "Is not object"),
        ('{"instances": [1', "JSON Parse error"),
        ('{"instances": [NaN', "JSON Parse error"),
        ('{"instances": [[1,2],[3,4],[5,6,7]], "inputs": [[1,2]]}', "Not formatted correctly"),
        ('{"instances": [[1,2],[3,4],[5,6,7]]}', "Expecting tensor size: 2 but got: 3"),
        ('{"instances": [[1,2],[3,4],[[5,6]]]}', r"Expecting shape \[2\] but got: \[1,2\]"),
        ('{"instances": [1, [1]]}', r"Expecting shape \[\] but got: \[1\]"),
        ('{"instances": [[1,2],["a", "b"]]}', "Type: String is not of expected type: int32"),
        ('{"instances": [[1,2],[3, true]]}', "Type: True is not of expected type: int32"),
        ('{"instances": [[1,2],[3, null]]}', "Type: Null is not of expected type: int32"),
        ('{"instances": [[1,2],[3, 4.5]]}', "Type: Number is not of expected type: int32"),
        ('{"instances": [2147483648]}', "is not of expected type: int32"),
        ('{"instances": [{"b64": "aGVsbG8="}]}', "Type: Object is not of expected type: int32"),
        ('{"instances": [{"other": 1}]}', "does not have named input: other"),
        ('{"instances": []}', "No values in 'instances' array"),
        ('{"instances": {"a": 1}}', "Expecting 'instances' to be an list/array"),
        ('{"predictions": [1]}', "Missing 'inputs' or 'instances' key"),
        ('{"inputs": {"other": 1}}', "Missing named input: default"),
        ('{"inputs": [[1], [2, 3]]}', "Encountered list at unexpected size: 2 at level: 1 expected size: 1"),
        ('{"inputs": [[1], 2]}', "found at incorrect level: 2 in the JSON DOM. Expected at level: 2"),
        ('{"inputs": [1, [2]]}', "Encountered list at unexpected level: 1 expected < 1"),
    ],
)
def test_what_is_no_tensor(text, message):
    """SingleUnnamedTensorErrors, and the other messages of json_tensor.cc."""
    with pytest.raises(RequestError, match=message) as raised:
        read(text, default="int32")
    assert raised.value.code is Code.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [{"number": [[1, 2], [3, 4]], "text": ["a"]}, {"number": [[[1, 2], [3, 4]]], "text": ["b"]}],
            "Expecting shape",
        ),
        ([{"number": [[1, 2], [3, 4]], "text": ["a"]}, {"number": [[1, 2]], "text": ["b"]}], "Expecting tensor size"),
        ([{"number": 1, "text": "a"}, [1, 20, 30]], "Expecting object but got list at item 1"),
        ([{"number": 1, "text": "a"}, {"number": 1}], "keys must be equal to: number,text"),
        ([1, 2], "expecting list of objects as multiple input tensors required"),
    ],
)
def test_rows_that_are_not_alike(rows, message):
    """MultipleNamedTensorErrors."""
    with pytest.raises(RequestError, match=message):
        read(json.dumps({"instances": rows}), number="int32", text=object)


def test_an_object_among_values():
    """MultipleNamedTensorErrors."""
    with pytest.raises(RequestError, match="Expecting value/list but got object at item 1"):
        read('{"instances": [["baz", "bar"], {"text": ["baz", "bat"]}]}', text=object)


def test_a_type_that_json_has_no_values_for():
    with pytest.raises(RequestError, match="to type: float16") as raised:
        read('{"instances": [1.0]}', half="float16")
    assert raised.value.code is Code.UNIMPLEMENTED


@pytest.mark.parametrize("name", ["5", "[[]]", "null"])
def test_a_signature_name_that_is_no_text(name):
    """SingleUnnamedTensorErrors, DeeplyNestedMalformed."""
    with pytest.raises(RequestError, match="'signature_name' key must be a string value"):
        signature_name(parse_json(f'{{"signature_name": {name}}}'.encode()))


@pytest.mark.parametrize("opening", ["[", '{"a":', "[NaN,"])
def test_nesting_has_an_end(opening):
    """Unlike TensorFlow Serving, whose parser takes any depth: no tensor has as many axes."""
    with pytest.raises(RequestError, match="JSON Parse error"):
        parse_json(b'{"inputs":' + opening.encode() * 500_000)


NUMBERS = st.one_of(
    st.integers(-300, 300), st.integers(-(2**70), 2**70), st.booleans(), st.none(), st.floats(), st.text()
)


@given(
    st.recursive(
        st.lists(NUMBERS, max_size=3), lambda inner: st.lists(st.one_of(inner, NUMBERS), max_size=3), max_leaves=8
    ),
    st.sampled_from(["float32", "float64", "int8", "uint8", "int32", "int64", "uint64", "bool"]),
)
def test_what_numpy_reads_is_what_going_through_the_values_gives(value, dtype):
    dtype = np.dtype(dtype)
    shape, first, flat = [], value, []
    while isinstance(first, list):
        shape.append(len(first))
        first = first[0] if first else None
    try:
        _fill(value, 0, shape, dtype, flat)
    except RequestError as error:
        message = error.message
        with pytest.raises(RequestError, match=f"^{re.escape(message)}$"):
            to_array(value, dtype)
        return
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(to_array(value, dtype), np.array(flat, dtype).reshape(shape))
