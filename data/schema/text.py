"""A schema's file."""

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from records.stores import path_at


class SchemaError(ValueError):
    """A file that holds no schema, or one that does not fit."""

    title = "Wrong schema"
    exit_code = 2


def read_schema(file: str) -> schema_pb2.Schema:
    """The schema in a file, on this machine or at an object store.

    Raises:
      SchemaError: there is no such file, or it holds no schema.
    """
    try:
        text = path_at(file).read_text()
    except OSError as error:
        raise SchemaError(
            f"a schema must be a readable file. Received: {file} ({error.strerror or error}). "
            f"`slipway schema infer CONFIG --out {file}` writes one."
        ) from None
    try:
        schema = parse_schema(text)
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise SchemaError(
            f"a schema's file must hold the text form of TensorFlow Metadata's Schema. Received: {file}, {error}."
        ) from None
    names = [feature.name for feature in schema.feature]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise SchemaError(f"a schema must have each feature once. Received: {file}, with {', '.join(twice)} twice.")
    return schema


def parse_schema(text: str) -> schema_pb2.Schema:
    """The schema of a text. Raises text_format.ParseError where it is none."""
    return text_format.Parse(text, schema_pb2.Schema())


def schema_text(schema: schema_pb2.Schema) -> str:
    """The text of a schema: one and the same however a file with it is laid out and commented."""
    return text_format.MessageToString(schema)
