"""Tables in Avro files."""

import math
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import fastavro
from etils import epath

from data.errors import DataError
from data.tables.files import open_binary
from data.tables.sequential import SequentialTable
from data.tables.values import Value


class AvroTable(SequentialTable):
    """Avro object container files whose records are the rows; a field that is a union with null may be missing."""

    kind: Literal["avro"]
    # fastavro lets through what its parts raise.
    reading_errors: ClassVar = (ValueError, OSError, EOFError, KeyError, IndexError, TypeError)
    format_name: ClassVar = "an Avro file of records"

    def columns_of(self, path: epath.Path) -> tuple[str, ...]:
        with open_binary(path) as file:
            schema: Any = fastavro.reader(file).writer_schema
        if not isinstance(schema, dict) or schema.get("type") != "record":
            raise ValueError(f"values of type {schema if isinstance(schema, str) else schema.get('type')}")
        return tuple(field["name"] for field in schema["fields"])

    def rows_of(self, path: epath.Path) -> Iterator[dict[str, Value] | DataError]:
        with open_binary(path) as file:
            for record in fastavro.reader(file):
                assert isinstance(record, dict)
                yield {name: plain_value(value) for name, value in record.items()}


def plain_value(value: Any) -> Value:
    """Decimals and the like as floats, and what is not a number as none."""
    if isinstance(value, float) and math.isnan(value):
        return None
    return float(value) if type(value).__name__ == "Decimal" else value
