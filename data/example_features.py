"""The features of a tf.Example in a TFRecord file, without TensorFlow.

Source of the formats: tensorflow/core/example/{example,feature}.proto and tensorflow/core/lib/io/record_writer.h.
"""

import functools
import gzip
import struct
import zlib
from collections.abc import Iterator
from typing import Any

from etils import epath
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

_HEADER = struct.Struct("<QI")
_CHECKSUM_BYTES = 4
# What reading a file that is cut off or of another format raises.
READING_ERRORS = (OSError, EOFError, zlib.error, struct.error, ValueError)
# Of a record's length, which a file that is none would be asked to allocate.
_MAX_BYTES = 2**31


def first_features(path: epath.Path) -> dict[str, str] | None:
    """The features of a file's first example as {name: content, such as `1 bytes`}; None where there is no example."""
    try:
        first = next(read_records(path), None)
        return None if first is None else describe_features(parse_example(first))
    except (*READING_ERRORS, DecodeError):
        return None


def read_records(path: epath.Path) -> Iterator[bytes]:
    """The records of a TFRecord file, gzipped where its name ends in .gz. Their checksums are not looked at.

    Raises:
      READING_ERRORS: the file ends in a record, or is none; what is behind is lost.
    """
    with path.open("rb") as file, gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else file as stream:
        while header := stream.read(_HEADER.size):
            length, _ = _HEADER.unpack(header)
            content = stream.read(length) if length < _MAX_BYTES else b""
            if len(content) < length or len(stream.read(_CHECKSUM_BYTES)) < _CHECKSUM_BYTES:
                raise EOFError("a record that is cut off, or another format")
            yield content


def parse_example(record: bytes) -> Any:
    """The tf.Example in a record. Raises DecodeError."""
    return _example_class().FromString(record)


def describe_features(example: Any) -> dict[str, str]:
    """The features of a tf.Example as {name: content}, sorted by name."""
    found = {}
    for name, feature in sorted(example.features.feature.items()):
        kind = feature.WhichOneof("kind")
        count = len(getattr(feature, kind).value) if kind else 0
        found[name] = f"{count} {kind.removesuffix('_list')}" if kind else "nothing"
    return found


@functools.cache
def _example_class() -> Any:
    """In a pool of its own: TensorFlow puts its into the one that all share."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="example.proto", package="example", syntax="proto3")
    feature = descriptor_pb2.DescriptorProto(name="Feature")
    feature.oneof_decl.add(name="kind")
    kinds = {"bytes_list": field.TYPE_BYTES, "float_list": field.TYPE_FLOAT, "int64_list": field.TYPE_INT64}
    for number, (name, kind) in enumerate(kinds.items(), start=1):
        file.message_type.add(name=name).field.add(name="value", number=1, type=kind, label=field.LABEL_REPEATED)
        feature.field.add(
            name=name,
            number=number,
            type=field.TYPE_MESSAGE,
            type_name=f".example.{name}",
            label=field.LABEL_OPTIONAL,
            oneof_index=0,
        )
    file.message_type.append(feature)
    features = file.message_type.add(name="Features")
    entry = features.nested_type.add(name="FeatureEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=field.TYPE_STRING, label=field.LABEL_OPTIONAL)
    entry.field.add(
        name="value", number=2, type=field.TYPE_MESSAGE, type_name=".example.Feature", label=field.LABEL_OPTIONAL
    )
    features.field.add(
        name="feature",
        number=1,
        type=field.TYPE_MESSAGE,
        type_name=".example.Features.FeatureEntry",
        label=field.LABEL_REPEATED,
    )
    file.message_type.add(name="Example").field.add(
        name="features",
        number=1,
        type=field.TYPE_MESSAGE,
        type_name=".example.Features",
        label=field.LABEL_OPTIONAL,
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("example.Example"))
