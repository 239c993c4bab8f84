"""Requests that a model in production was sent, as raw examples."""

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from typing import Any, TypeAlias

import tensorflow as tf
from etils import epath
from tensorflow_metadata.proto.v0 import schema_pb2

from data.errors import DataError, SourceNotFoundError
from data.files import stamp
from records.stores import path_at

# Endings of names by what a file holds, before a possible .gz.
JSON_LINES, RECORDS = (".jsonl", ".ndjson"), (".tfrecord", ".tfrecords")

Value: TypeAlias = str | int | float | bool


def log_files(logs: str) -> list[epath.Path]:
    """The files of a place, sorted: itself, or those of the folder that it is, of names as they are read.

    Raises:
      SourceNotFoundError: it is not there, is called otherwise, or a folder without such files.
    """
    place = path_at(logs)
    found = sorted(place.iterdir()) if place.is_dir() else [place] if place.exists() else []
    files = [file for file in found if _format(file)]
    if not files:
        raise SourceNotFoundError(
            f"data_gate.skew.logs must be a file of requests, or a folder of such: {', '.join(JSON_LINES)} with a JSON "
            f"object a line, {' or '.join(RECORDS)} with tf.Examples, each also gzipped (.gz). Received: {logs}, "
            f"{'where there is no such file' if place.exists() else 'which is not there'}."
        )
    return files


def logs_fingerprint(logs: str) -> str:
    """What changes where the files do. Raises SourceNotFoundError as `log_files` does."""
    digest = hashlib.sha256()
    for file in log_files(logs):
        digest.update(f"{file.name}\0{stamp(file)}\n".encode())
    return digest.hexdigest()


def logged_examples(logs: str, schema: schema_pb2.Schema) -> Iterator[tf.train.Example]:
    """The requests as examples, in the order of the files.

    Args:
      logs: place of the files.
      schema: tells the type of a feature that is JSON; of one that it does not have, the value does.

    Raises:
      SourceNotFoundError: see `log_files`.
      DataError: a line is no JSON object of features, or there is no request.
    """
    types = {feature.name: feature.type for feature in schema.feature}
    count = 0
    for file in log_files(logs):
        for example in _records(file) if _format(file) in RECORDS else _lines(file, types):
            count += 1
            yield example
    if not count:
        raise DataError(f"data_gate.skew.logs must hold one request at least. Received: none in {logs}.")


def _format(file: epath.Path) -> str:
    """The ending that tells what a file holds; empty of any other."""
    ending = epath.Path(file.name.removesuffix(".gz")).suffix.lower()
    return ending if ending in (*JSON_LINES, *RECORDS) else ""


def _records(file: epath.Path) -> Iterator[tf.train.Example]:
    compression = "GZIP" if file.name.endswith(".gz") else ""
    try:
        for record in tf.data.TFRecordDataset(str(file), compression_type=compression).as_numpy_iterator():
            yield tf.train.Example.FromString(record)
    except Exception as error:  # Those of TensorFlow's reader and of protobuf's parser have no common class.
        raise DataError(f"{file} must hold tf.Examples. Received: {str(error).splitlines()[0]}") from error


def _lines(file: epath.Path, types: Mapping[str, int]) -> Iterator[tf.train.Example]:
    with file.open("rb") as raw, gzip.open(raw) if file.name.endswith(".gz") else nullcontext(raw) as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _example(line, types, f"{file}, line {number}")


def _example(line: bytes, types: Mapping[str, int], origin: str) -> tf.train.Example:
    try:
        request = json.loads(line)
        if not isinstance(request, dict):
            raise ValueError("no object")
        example = tf.train.Example()
        for name, value in request.items():
            values = _flat(value)
            if values:
                _fill(example.features.feature[name], values, types.get(name))
    except (ValueError, TypeError) as error:
        raise DataError(
            f"a line of data_gate.skew.logs must be a JSON object of the features that were sent, each a value, a list "
            f"of such, or null. Received: {line[:200].decode(errors='replace').strip()} ({origin}: {error})"
        ) from None
    return example


def _flat(value: Any) -> list[Value]:
    if isinstance(value, list):
        return [each for part in value for each in _flat(part)]
    if value is None:
        return []
    if not isinstance(value, Value):
        raise TypeError(f"a value is no {type(value).__name__}")
    return [value]


def _fill(feature: tf.train.Feature, values: list[Value], kind: int | None) -> None:
    """Fills a feature by its type; where the values are not of it, they tell, and the schema finds the mistake."""
    numbers = all(isinstance(value, int | float) for value in values)
    whole = all(isinstance(value, int) for value in values)
    if whole and kind != schema_pb2.FLOAT:
        feature.int64_list.value.extend(map(int, values))
    elif numbers:
        feature.float_list.value.extend(map(float, values))
    else:
        feature.bytes_list.value.extend(str(value).encode() for value in values)
