"""The JSON of answers, as tensorflow_serving/util/json_tensor.cc writes it."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

from serving.server.errors import Code, RequestError, invalid

# kBytesTensorNameSuffix of json_tensor.cc.
_BYTES_SUFFIX = "_bytes"
_WRITTEN_BY_ORJSON = frozenset(
    map(np.dtype, ("float32", "float64", "int8", "uint8", "int16", "int32", "uint32", "int64", "uint64", "bool"))
)


class _NotFinite(Exception):
    """There are values that only the tokens NaN and Infinity stand for, which orjson does not write."""


def predictions_json(outputs: Mapping[str, np.ndarray], *, in_rows: bool) -> bytes:
    """An answer to `read_tensors`' request, in the same format; the name of a single output is dropped.

    Raises:
      RequestError: outputs that have no rows, or not as many as each other; a type or a string that JSON has not.
    """
    if in_rows:
        _check_rows(outputs)
    try:
        return orjson.dumps(_document(outputs, in_rows, finite=True), option=orjson.OPT_SERIALIZE_NUMPY)
    except _NotFinite:
        return json.dumps(_document(outputs, in_rows, finite=False)).encode()


def error_json(message: str) -> bytes:
    """The body of an answer that is none."""
    return orjson.dumps({"error": message})


def to_text(value: bytes | str, name: str) -> str:
    """A string for JSON. Raises RequestError where its bytes are no text."""
    try:
        return value if isinstance(value, str) else value.decode()
    except UnicodeDecodeError:
        raise invalid(
            f"output {name} must be text in UTF-8 for JSON. Received: other bytes. Name it {name}{_BYTES_SUFFIX} in "
            "the model, or ask over gRPC."
        ) from None


def decimals(values: np.ndarray) -> Any:
    """Nested lists of floats whose text is the shortest that gives the numbers again, in their own precision."""
    return values.astype(str).astype(np.float64).tolist()


def _document(outputs: Mapping[str, np.ndarray], in_rows: bool, *, finite: bool) -> dict[str, Any]:
    values = {name: _values(name, output, finite=finite) for name, output in outputs.items()}
    if len(values) == 1:
        [only] = values.values()
        return {"predictions" if in_rows else "outputs": only}
    if not in_rows:
        return {"outputs": values}
    columns = [list(value) for value in values.values()]
    return {"predictions": [dict(zip(values, row, strict=True)) for row in zip(*columns, strict=True)]}


def _check_rows(outputs: Mapping[str, np.ndarray]) -> None:
    size = -1
    for name, output in outputs.items():
        if not output.ndim:
            raise invalid(f"Tensor name: {name} has no shape information ")
        if size >= 0 and len(output) != size:
            raise invalid(f"Tensor name: {name} has inconsistent batch size: {len(output)} expecting: {size}")
        size = len(output)


def _values(name: str, output: np.ndarray, *, finite: bool) -> Any:
    if output.dtype.kind == "O":
        return _strings(name, output.tolist())
    if output.dtype not in _WRITTEN_BY_ORJSON:
        raise RequestError(Code.INVALID_ARGUMENT, f"Failed to write JSON value for tensor type: {output.dtype}")
    if finite:
        if output.dtype.kind == "f" and not np.isfinite(output).all():
            raise _NotFinite
        # orjson writes no array without axes, or without values.
        if not output.size:
            return output.tolist()
        return np.ascontiguousarray(output) if output.ndim else output[()]
    return decimals(output) if output.dtype.kind == "f" else output.tolist()


def _strings(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_strings(name, item) for item in value]
    if not name.endswith(_BYTES_SUFFIX):
        return to_text(value, name)
    content = value if isinstance(value, bytes) else value.encode()
    return {"b64": base64.b64encode(content).decode()}
