"""Tensors of the Open Inference Protocol (KServe's V2): their types, as JSON and as bytes.

Sources: specification/protocol/inference_rest.md of kserve/open-inference-protocol; for bytes, its binary tensor data
extension, as kserve's infer_type.py reads it.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from serving.server.errors import invalid
from serving.server.json_outputs import decimals, to_text
from serving.server.json_values import MAX_AXES, to_array

# Tensor Data Types of inference_rest.md.
DTYPES = {
    "BOOL": np.dtype("bool"),
    "UINT8": np.dtype("uint8"),
    "UINT16": np.dtype("uint16"),
    "UINT32": np.dtype("uint32"),
    "UINT64": np.dtype("uint64"),
    "INT8": np.dtype("int8"),
    "INT16": np.dtype("int16"),
    "INT32": np.dtype("int32"),
    "INT64": np.dtype("int64"),
    "FP16": np.dtype("float16"),
    "FP32": np.dtype("float32"),
    "FP64": np.dtype("float64"),
    "BYTES": np.dtype(object),
}
_NAMES = {dtype: name for name, dtype in DTYPES.items()}


def type_name(dtype: np.dtype) -> str:
    """The protocol's name of a type. Raises RequestError where it has none."""
    if dtype not in _NAMES:
        raise invalid(f"a tensor must be of a type of the protocol, one of {', '.join(DTYPES)}. Received: {dtype}.")
    return _NAMES[dtype]


def dtype_of(datatype: Any, name: str) -> np.dtype:
    """The type of a tensor. Raises RequestError."""
    if not isinstance(datatype, str) or datatype not in DTYPES:
        raise invalid(f"datatype of {name} must be one of {', '.join(DTYPES)}. Received: {datatype}.")
    return DTYPES[datatype]


def check_shape(shape: Any, name: str) -> list[int]:
    """A shape as it is. Raises RequestError where it is none."""
    if (
        not isinstance(shape, list)
        or len(shape) > MAX_AXES
        or not all(type(size) is int and 0 <= size < 2**31 for size in shape)
    ):
        raise invalid(f"shape of {name} must be a list of sizes, at most {MAX_AXES}. Received: {str(shape)[:100]}.")
    return shape


def from_json(data: Any, shape: list[int], dtype: np.dtype, name: str) -> np.ndarray:
    """A tensor whose data came as JSON, nested or flat. Raises RequestError."""
    if not isinstance(data, list):
        raise invalid(f"data of {name} must be a list. Received: {str(data)[:100]}.")
    if dtype == np.float16:
        raise invalid(f"data of {name} must be sent as bytes, for JSON has no FP16. Received: JSON.")
    if dtype == np.uint16:
        # Which TensorFlow Serving's JSON has no rules for.
        numbers = to_array(data, np.dtype("uint32"))
        if numbers.size and numbers.max() > np.iinfo(dtype).max:
            raise invalid(f"{name} must have values that fit into {dtype}. Received: {numbers.max()}.")
        return _shaped(numbers.astype(dtype), shape, name)
    return _shaped(to_array(data, dtype), shape, name)


def from_bytes(content: bytes, shape: list[int], dtype: np.dtype, name: str) -> np.ndarray:
    """A tensor in row-major, little-endian order; each string after its length in four bytes. Raises RequestError."""
    if dtype.kind != "O":
        if len(content) != dtype.itemsize * np.prod(shape, dtype=object):
            raise invalid(f"{name} must have {dtype.itemsize} bytes a value of {shape}. Received: {len(content)}.")
        return np.frombuffer(content, dtype.newbyteorder("<")).astype(dtype, copy=False).reshape(shape)
    strings, place = [], 0
    while place < len(content):
        if place + 4 > len(content):
            raise invalid(
                f"{name} must have four bytes of length before each string. Received: {len(content) - place}."
            )
        [size] = struct.unpack_from("<I", content, place)
        strings.append(content[place + 4 : place + 4 + size])
        if len(strings[-1]) != size:
            raise invalid(f"{name} must have a string of {size} bytes. Received: {len(strings[-1])}.")
        place += 4 + size
    return from_values(strings, shape, dtype, name)


def from_values(values: Sequence[Any], shape: list[int], dtype: np.dtype, name: str) -> np.ndarray:
    """A tensor whose values came one by one, in row-major order. Raises RequestError."""
    array = np.empty(len(values), dtype)
    try:
        array[:] = values
    except OverflowError:
        raise invalid(f"{name} must have values that fit into {dtype}. Received: larger ones.") from None
    return _shaped(array, shape, name)


def to_bytes(array: np.ndarray) -> bytes:
    """What `from_bytes` reads."""
    if array.dtype.kind != "O":
        return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
    strings = [value if isinstance(value, bytes) else value.encode() for value in array.ravel()]
    return b"".join(struct.pack("<I", len(value)) + value for value in strings)


def to_json(array: np.ndarray, name: str) -> list[Any]:
    """The data of a tensor as JSON: flat, in row-major order. Raises RequestError where it has no text."""
    flat = array.ravel()
    if array.dtype == np.float16:
        raise invalid(f"output {name} must be asked for as bytes (binary_data), for JSON has no FP16. Received: JSON.")
    if array.dtype.kind == "O":
        return [to_text(value, name) for value in flat]
    return decimals(flat) if array.dtype.kind == "f" else flat.tolist()


def metadata(infos: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Names, types and shapes of inputs or outputs; -1 for any size."""
    return [
        {
            "name": name,
            "datatype": _NAMES.get(info.dtype, str(info.dtype)),
            "shape": [-1 if size is None else size for size in info.shape],
        }
        for name, info in infos.items()
    ]


def _shaped(array: np.ndarray, shape: list[int], name: str) -> np.ndarray:
    if array.size != np.prod(shape, dtype=object):
        raise invalid(f"data of {name} must have the values of its shape, {shape}. Received: {array.size} values.")
    return array.reshape(shape)
