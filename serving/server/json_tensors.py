"""The JSON of a predict request, as tensorflow_serving/util/json_tensor.cc reads it."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

from serving.server.errors import Code, RequestError, invalid
from serving.server.json_values import is_base64, plain_array, shown, to_array
from serving.tensor_info import TensorInfo


def parse_json(body: bytes) -> dict[str, Any]:
    """The object that a body holds; the tokens NaN, Infinity and -Infinity are numbers.

    Raises:
      RequestError: it is no JSON object.
    """
    if not body:
        raise invalid("JSON Parse error: The document is empty")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if b"NaN" not in body and b"Inf" not in body:
            raise invalid(f"JSON Parse error: {error}") from None
        try:
            document = json.loads(body)
            # Halves of characters, which orjson refuses, and which no answer could repeat.
            json.dumps(document, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as slower:
            raise invalid(f"JSON Parse error: {slower}") from None
    if not isinstance(document, dict):
        raise invalid(f"JSON Value: {shown(document)} Is not object")
    return document


def signature_name(document: Mapping[str, Any]) -> str:
    """The signature that is asked for; empty for the default. Raises RequestError."""
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise invalid(
            f"JSON Value: {shown(document)} not formatted correctly. 'signature_name' key must be a string value."
        )
    return name


def read_tensors(
    document: Mapping[str, Any], inputs: Mapping[str, TensorInfo], *, has_bools: bool = True
) -> tuple[dict[str, np.ndarray], bool]:
    """Tensors by name, and whether they came in rows (`instances`) and not in columns (`inputs`).

    Args:
      document: what `parse_json` gave.
      inputs: the signature's.
      has_bools: whether there may be Booleans in it; to look for them among numbers takes time.

    Raises:
      RequestError: the document does not hold them.
    """
    if "instances" in document:
        if "inputs" in document:
            raise invalid(
                f"JSON Value: {shown(document)} Not formatted correctly expecting only one of 'inputs' or 'instances' "
                "keys to exist "
            )
        instances = document["instances"]
        if not isinstance(instances, list):
            raise invalid(f"JSON Value: {shown(document)} Expecting 'instances' to be an list/array")
        if not instances:
            raise invalid(f"JSON Value: {shown(document)} No values in 'instances' array")
        return _rows(instances, inputs, has_bools), True
    if "inputs" in document:
        return _columns(document["inputs"], inputs, has_bools), False
    raise invalid("Missing 'inputs' or 'instances' key")


def _rows(instances: list[Any], inputs: Mapping[str, TensorInfo], has_bools: bool) -> dict[str, np.ndarray]:
    if not isinstance(instances[0], dict) and len(inputs) > 1:
        raise invalid(
            "instances is a plain list, but expecting list of objects as multiple input tensors required as per "
            "tensorinfo_map"
        )
    if not _is_object(instances[0]):
        [(name, info)] = inputs.items()
        for count, row in enumerate(instances):
            if _is_object(row):
                raise invalid(f"Expecting value/list but got object at item {count} of input list")
        return {name: _stack(instances, name, info, has_bools, named=False)}
    for count, row in enumerate(instances):
        if not _is_object(row):
            raise invalid(f"Expecting object but got list at item {count} of input list")
        if row.keys() != inputs.keys():
            raise invalid(_wrong_keys(count, row, inputs))
    return {
        name: _stack([row[name] for row in instances], name, info, has_bools, named=True)
        for name, info in inputs.items()
    }


def _wrong_keys(count: int, row: Mapping[str, Any], inputs: Mapping[str, TensorInfo]) -> str:
    for name in row:
        if name not in inputs:
            return (
                f"Failed to process element: {count} key: {name} of 'instances' list. Error: INVALID_ARGUMENT: "
                f"JSON object: does not have named input: {name}"
            )
    return (
        f"Failed to process element: {count} of 'instances' list. JSON object: {shown(row)} keys must be equal to: "
        f"{','.join(sorted(inputs))}"
    )


def _columns(value: Any, inputs: Mapping[str, TensorInfo], has_bools: bool) -> dict[str, np.ndarray]:
    if not _is_object(value):
        if len(inputs) > 1:
            raise invalid(
                "inputs is a plain value/list, but expecting an object as multiple input tensors required as per "
                "tensorinfo_map"
            )
        [(name, info)] = inputs.items()
        return {name: to_array(value, info.dtype, has_bools=has_bools)}
    for name in inputs:
        if name not in value:
            raise invalid(f"Missing named input: {name} in 'inputs' object.")
    return {name: to_array(value[name], info.dtype, has_bools=has_bools) for name, info in inputs.items()}


def _stack(values: list[Any], name: str, info: TensorInfo, has_bools: bool, *, named: bool) -> np.ndarray:
    array = plain_array(values, info.dtype, has_bools=has_bools)
    if array is not None:
        return array
    rows: list[np.ndarray] = []
    for count, value in enumerate(values):
        try:
            row = to_array(value, info.dtype, has_bools=has_bools)
            if rows and row.size != rows[0].size:
                raise invalid(f"Expecting tensor size: {rows[0].size} but got: {row.size}")
            if rows and row.shape != rows[0].shape:
                raise invalid(f"Expecting shape {_shape(rows[0])} but got: {_shape(row)}")
        except RequestError as error:
            where = f"element: {count} key: {name}" if named else f"element: {count}"
            message = (
                f"Failed to process {where} of 'instances' list. Error: {error.code.name}: {error.message}"
                if error.code is Code.INVALID_ARGUMENT
                else error.message
            )
            raise RequestError(error.code, message) from None
        rows.append(row)
    return np.stack(rows)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and not is_base64(value)


def _shape(array: np.ndarray) -> str:
    return f"[{','.join(map(str, array.shape))}]"
