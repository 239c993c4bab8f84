"""Reads the files of TFMA without TFMA, whose import takes six seconds.

TFMA writes protocol buffers, of which readers may know a part: fields have numbers, and unknown ones are passed over.
The numbers are those of tensorflow_model_analysis/proto/metrics_for_slice.proto; tests hold what is read against TFMA.
"""

import struct
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

if TYPE_CHECKING:
    from etils import epath

# TFRecord: length (8 bytes, little-endian), its checksum (4), the record, its checksum (4).
HEADER, FOOTER_BYTES = struct.Struct("<QI"), 4

_FIELD = descriptor_pb2.FieldDescriptorProto
_KINDS = {
    "bool": _FIELD.TYPE_BOOL,
    "bytes": _FIELD.TYPE_BYTES,
    "double": _FIELD.TYPE_DOUBLE,
    "float": _FIELD.TYPE_FLOAT,
    "int32": _FIELD.TYPE_INT32,
    "int64": _FIELD.TYPE_INT64,
    "string": _FIELD.TYPE_STRING,
}
# {message: {field: (number, type)}}; `*` after a type: repeated.
_MESSAGES: dict[str, dict[str, tuple[int, str]]] = {
    "Double": {"value": (1, "double")},
    "Key": {"name": (1, "string"), "model_name": (4, "string"), "is_diff": (5, "bool")},
    "PlotKey": {"model_name": (4, "string")},
    "Interval": {"upper_bound": (1, "Value"), "lower_bound": (2, "Value")},
    "Value": {"double_value": (1, "Double")},
    "SingleSliceKey": {
        "column": (1, "string"),
        "bytes_value": (2, "bytes"),
        "float_value": (3, "float"),
        "int64_value": (4, "int64"),
    },
    "SliceKey": {"single_slice_keys": (1, "SingleSliceKey*")},
    "Metric": {"key": (1, "Key"), "value": (2, "Value"), "confidence_interval": (3, "Interval")},
    "MetricsForSlice": {"slice_key": (1, "SliceKey"), "metric_keys_and_values": (51, "Metric*")},
    "Entry": {"actual": (1, "int32"), "predicted": (2, "int32"), "examples": (3, "double")},
    "Matrix": {"entries": (2, "Entry*")},
    "Matrices": {"matrices": (1, "Matrix*")},
    "PlotData": {"multi_class_confusion_matrix_at_thresholds": (4, "Matrices")},
    "Plot": {"key": (1, "PlotKey"), "value": (2, "PlotData")},
    "PlotsForSlice": {"slice_key": (1, "SliceKey"), "plot_keys_and_values": (8, "Plot*")},
}
# Members of one `oneof`: whichever was set counts, also where its value is zero or empty.
_ONE_OF = {"SingleSliceKey": ("bytes_value", "float_value", "int64_value")}


def read_messages(directory: "epath.Path", kind: str) -> Iterator[Any]:
    """The messages of TFMA's output.

    Args:
      directory: Evaluator's artifact.
      kind: metrics, of type MetricsForSlice, or plots, of type PlotsForSlice.

    Raises:
      ValueError: a file ends within a record.
    """
    message = _classes()[{"metrics": "MetricsForSlice", "plots": "PlotsForSlice"}[kind]]
    for path in sorted(directory.glob(f"{kind}-*.tfrecord")):
        for record in _records(path.read_bytes()):
            yield message.FromString(record)


def _records(content: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(content):
        if start + HEADER.size > len(content):
            raise ValueError("A TFRecord file must end with a whole record. Received: one that was cut off.")
        length, _ = HEADER.unpack_from(content, start)
        begin = start + HEADER.size
        start = begin + length + FOOTER_BYTES
        if start > len(content):
            raise ValueError("A TFRecord file must end with a whole record. Received: one that was cut off.")
        yield content[begin : begin + length]


@cache
def _classes() -> dict[str, Any]:
    """{message: its class}, in a pool of their own: TFMA's own messages may be loaded, too."""
    file = descriptor_pb2.FileDescriptorProto(name="slipway/tfma.proto", package="slipway.tfma", syntax="proto2")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        one_of = _ONE_OF.get(name, ())
        if one_of:
            message.oneof_decl.add(name="kind")
        for field, (number, kind) in fields.items():
            of, is_repeated = kind.removesuffix("*"), kind.endswith("*")
            label = _FIELD.LABEL_REPEATED if is_repeated else _FIELD.LABEL_OPTIONAL
            added = message.field.add(name=field, number=number, label=label)
            if of in _KINDS:
                added.type = _KINDS[of]
            else:
                added.type, added.type_name = _FIELD.TYPE_MESSAGE, f".slipway.tfma.{of}"
            if field in one_of:
                added.oneof_index = 0
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = (pool.FindMessageTypeByName(f"slipway.tfma.{name}") for name in _MESSAGES)
    return {descriptor.name: message_factory.GetMessageClass(descriptor) for descriptor in found}
