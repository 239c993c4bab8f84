"""Tensors from nested lists of JSON values, as tensorflow_serving/util/json_tensor.cc makes them.

NumPy reads what is plainly right. What it does not read as the type that is asked for is gone through value by value,
by the rules and with the messages of FillTensorProto.
"""

import base64
import binascii
import sys
from typing import Any

import numpy as np
import orjson

from serving.server.errors import Code, RequestError, invalid

# kMaxJsonDebugStringBytes of json_tensor.cc.
_SHOWN_BYTES = 256
# Types that json_tensor.cc has values for; half precision and complex numbers are not among them.
_NUMBERS = frozenset(
    map(np.dtype, ("float32", "float64", "int8", "uint8", "int16", "int32", "uint32", "int64", "uint64", "bool"))
)
# As NumPy 1 has them; below Python's own limit on recursion, too.
MAX_AXES = 32
_DATA_TYPES = {np.dtype("float32"): "float", np.dtype("float64"): "double", np.dtype(object): "string"}


def to_array(value: Any, dtype: np.dtype, *, has_bools: bool = True) -> np.ndarray:
    """A tensor of a type, from nested lists of values.

    Raises:
      RequestError: they are no tensor, or of another type.
    """
    array = plain_array(value, dtype, has_bools=has_bools)
    if array is not None:
        return array
    shape: list[int] = []
    first = value
    while isinstance(first, list):
        shape.append(len(first))
        first = first[0] if first else None
    if len(shape) > MAX_AXES:
        raise invalid(f"a tensor must have at most {MAX_AXES} axes. Received: lists in {len(shape)} levels.")
    flat: list[Any] = []
    _fill(value, 0, shape, dtype, flat)
    if dtype.kind != "O":
        return np.array(flat, dtype).reshape(shape)
    array = np.empty(len(flat), object)
    array[:] = flat
    return array.reshape(shape)


def plain_array(value: Any, dtype: np.dtype, *, has_bools: bool) -> np.ndarray | None:
    """What NumPy makes of it, where that is what going through its values would give; else None."""
    if dtype not in _NUMBERS:
        return None
    try:
        array = np.array(value)
    except (ValueError, OverflowError):
        return None
    if not array.size:
        return None
    if dtype.kind == "f":
        # A Boolean among numbers is read as a number by NumPy.
        if array.dtype.kind not in "fiu" or (has_bools and _has_bool(value)):
            return None
        with np.errstate(over="ignore"):
            return array.astype(dtype, copy=False)
    if dtype.kind == "b":
        return array if array.dtype.kind == "b" else None
    if array.dtype.kind not in "iu" or (has_bools and _has_bool(value)):
        return None
    limits = np.iinfo(dtype)
    return array.astype(dtype) if limits.min <= array.min() and array.max() <= limits.max else None


def _has_bool(value: Any) -> bool:
    if isinstance(value, list):
        if value and isinstance(value[0], list):
            return any(map(_has_bool, value))
        return bool in set(map(type, value))
    return isinstance(value, bool)


def _fill(value: Any, level: int, shape: list[int], dtype: np.dtype, flat: list[Any]) -> None:
    if not isinstance(value, list):
        if level != len(shape):
            raise invalid(
                f"JSON Value: {shown(value)} found at incorrect level: {level + 1} in the JSON DOM. Expected at level: "
                f"{len(shape)}"
            )
        flat.append(_value(value, dtype))
        return
    if level >= len(shape):
        raise invalid(f"Encountered list at unexpected level: {level} expected < {len(shape)}")
    if len(value) != shape[level]:
        raise invalid(
            f"Encountered list at unexpected size: {len(value)} at level: {level} expected size: {shape[level]}"
        )
    for item in value:
        _fill(item, level + 1, shape, dtype, flat)


def _value(value: Any, dtype: np.dtype) -> Any:
    if dtype.kind == "O":
        if isinstance(value, dict):
            return decode_base64(value)
        if isinstance(value, str):
            return value.encode()
    elif dtype not in _NUMBERS:
        raise RequestError(Code.UNIMPLEMENTED, f"Conversion of JSON Value: {shown(value)} to type: {_type_name(dtype)}")
    elif dtype.kind == "b":
        if isinstance(value, bool):
            return value
    elif isinstance(value, bool):
        pass
    elif dtype.kind == "f":
        # Larger integers are none, as those beyond 64 bits are none in TensorFlow Serving's parser.
        if isinstance(value, float) or (isinstance(value, int) and abs(value) <= sys.float_info.max):
            return value
    elif isinstance(value, int) and np.iinfo(dtype).min <= value <= np.iinfo(dtype).max:
        return value
    raise invalid(f"JSON Value: {shown(value)} Type: {_json_type(value)} is not of expected type: {_type_name(dtype)}")


def is_base64(value: Any) -> bool:
    """Whether it is `{"b64": "…"}` and nothing more."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("b64"), str)


def decode_base64(value: Any) -> bytes:
    """The bytes of `{"b64": "…"}`. Raises RequestError."""
    if not is_base64(value):
        raise invalid(f"JSON Value: {shown(value)} not formatted correctly for base64 data")
    text = value["b64"].rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise invalid("Unable to base64 decode") from None


def shown(value: Any) -> str:
    """A value in an error, cut where TensorFlow Serving cuts it."""
    try:
        return orjson.dumps(value).decode()[:_SHOWN_BYTES]
    except (orjson.JSONEncodeError, RecursionError):
        return str(value)[:_SHOWN_BYTES]


def _type_name(dtype: np.dtype) -> str:
    return _DATA_TYPES.get(dtype, dtype.name)


def _json_type(value: Any) -> str:
    names = {type(None): "Null", dict: "Object", list: "Array", str: "String", int: "Number", float: "Number"}
    return names[type(value)] if type(value) is not bool else str(value)
