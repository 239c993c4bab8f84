"""Tables in TFRecord files of tf.Examples, which another system wrote."""

import math
from collections.abc import Iterator
from itertools import islice
from typing import Any, ClassVar, Literal

from etils import epath
from google.protobuf.message import DecodeError
from pydantic import Field

from data.errors import DataError
from data.example_features import READING_ERRORS, parse_example, read_records
from data.tables.sequential import SequentialTable
from data.tables.values import Value

# Of a file, whose features are its columns.
EXAMPLES_LOOKED_AT = 1000


class TFRecordTable(SequentialTable):
    """TFRecord files of tf.Examples, gzipped where a name ends in .gz; a feature has a value, or several."""

    kind: Literal["tfrecord"]
    columns: tuple[str, ...] = Field(
        (), description=f"Names of the features; default: those of the first {EXAMPLES_LOOKED_AT} examples."
    )
    reading_errors: ClassVar = (*READING_ERRORS, DecodeError)
    format_name: ClassVar = "a TFRecord file of tf.Examples"

    def columns_of(self, path: epath.Path) -> tuple[str, ...]:
        if self.columns:
            return self.columns
        names: dict[str, None] = {}
        for record in islice(read_records(path), EXAMPLES_LOOKED_AT):
            names |= dict.fromkeys(sorted(parse_example(record).features.feature))
        if not names:
            raise ValueError("no example with features")
        return tuple(names)

    def rows_of(self, path: epath.Path) -> Iterator[dict[str, Value] | DataError]:
        names = self.columns_of(path)
        for record in read_records(path):
            features = parse_example(record).features.feature
            try:
                yield {name: _value(features[name]) if name in features else None for name in names}
            except UnicodeDecodeError as error:
                yield DataError(
                    f"a feature must hold text. Received: {error}. Leave it out with options.source.columns"
                )


def _value(feature: Any) -> Any:
    """The value of a feature, a list of several; None where there is none."""
    kind = feature.WhichOneof("kind")
    values = list(getattr(feature, kind).value) if kind else []
    if kind == "bytes_list":
        values = [value.decode() for value in values]
    if not values or (kind == "float_list" and math.isnan(values[0])):
        return None
    return values[0] if len(values) == 1 else values
