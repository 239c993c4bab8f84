"""Files of what a served model is asked: lines of JSON, and images."""

import base64
import glob
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from serving.tensor_info import ModelInputError

LINES = ".jsonl"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One example.

    Attributes:
      origin: where a person finds it.
      values: `{feature or input: value}`; bytes as {"b64": …}.
    """

    origin: str
    values: dict[str, Any]


def read_rows(patterns: Sequence[str], *, image_feature: str) -> Iterator[Row]:
    """The examples of files: each line of a .jsonl file, and each other file as an image.

    Args:
      patterns: names or glob patterns, in whose order the rows come, files of a pattern by name.
      image_feature: the feature that an image file's bytes are.

    Raises:
      ModelInputError: a pattern without a file, or a line that is no JSON object.
    """
    for pattern in patterns:
        paths = [pattern] if Path(pattern).is_file() else sorted(glob.glob(pattern, recursive=True))
        if not paths:
            raise ModelInputError(
                f"An input must be a file, or a pattern of files. Received: {pattern}, which fits none."
            )
        for path in paths:
            if path.endswith(LINES):
                yield from _lines(path)
            else:
                content = base64.b64encode(Path(path).read_bytes()).decode()
                yield Row(origin=path, values={image_feature: {"b64": content}})


def as_examples(rows: Sequence[Row]) -> np.ndarray:
    """Serialized tf.Examples, `[row]`: whole numbers as int64, other numbers as float, text and b64 as bytes.

    Raises:
      ModelInputError: a value that no feature holds.
    """
    examples = np.empty(len(rows), object)
    examples[:] = [_example(row) for row in rows]
    return examples


def as_tensors(rows: Sequence[Row]) -> dict[str, np.ndarray]:
    """The rows' values by name, `{name: [row, ...]}`.

    Raises:
      ModelInputError: rows of other names or shapes than the first.
    """
    names = list(rows[0].values)
    for row in rows:
        if set(row.values) != set(names):
            raise ModelInputError(
                f"Examples must have the same inputs ({', '.join(names)}). Received: {', '.join(row.values)}, at "
                f"{row.origin}."
            )
    tensors = {}
    for name in names:
        values = [_decoded(row.values[name]) for row in rows]
        try:
            tensors[name] = np.array(values, object if _holds_bytes(values) else None)
        except ValueError:
            raise ModelInputError(
                f"Examples must have one shape. Received: several of {name}, from {rows[0].origin} on."
            ) from None
    return tensors


def _lines(path: str) -> Iterator[Row]:
    with Path(path).open() as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                values = json.loads(line)
            except ValueError as error:
                raise ModelInputError(f"A line must be JSON. Received: {path}:{number}: {error}.") from None
            if not isinstance(values, dict):
                raise ModelInputError(
                    f"A line must be a JSON object. Received: {path}:{number}, {line[:80].strip()!r}."
                )
            yield Row(origin=f"{path}:{number}", values=values)


def _example(row: Row) -> bytes:
    import tensorflow as tf

    example = tf.train.Example()
    for name, value in row.values.items():
        # A value that is missing is a feature that the example does not have.
        values = [] if value is None else [_decoded(one) for one in (value if isinstance(value, list) else [value])]
        feature = example.features.feature[name] if values else None
        if feature is None:
            continue
        if all(isinstance(one, bytes) for one in values):
            feature.bytes_list.value.extend(values)
        elif all(isinstance(one, int) for one in values):
            feature.int64_list.value.extend(values)
        elif all(isinstance(one, int | float) for one in values):
            feature.float_list.value.extend(values)
        else:
            raise ModelInputError(
                'A feature is a number, a text, {"b64": …} or a list of one of these. Received: '
                f"{name}={json.dumps(value)[:80]}, at {row.origin}."
            )
    return example.SerializeToString()


def _decoded(value: Any) -> Any:
    """Text and base64 as bytes, in lists too; anything else as it is."""
    if isinstance(value, list):
        return [_decoded(one) for one in value]
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, dict) and set(value) == {"b64"}:
        try:
            return base64.b64decode(value["b64"], validate=True)
        except (ValueError, TypeError) as error:
            raise ModelInputError(f"b64 must be base64. Received: {str(value['b64'])[:40]!r}: {error}.") from None
    return value


def _holds_bytes(value: Any) -> bool:
    return any(map(_holds_bytes, value)) if isinstance(value, list) else isinstance(value, bytes)
