"""Tables that a query of BigQuery gives. Beam itself runs the query and reads what BigQuery exports."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import ConfigDict, Field, field_validator

from data.errors import DataError
from data.splits import Splits
from data.tables.avro import plain_value
from data.tables.table import Row
from data.unreadable import Unreadable
from records.stores import check_store

if TYPE_CHECKING:
    import apache_beam as beam

# Files of a split, each written by one worker that holds its rows.
FILES = 8


class Brought(NamedTuple):
    """What Beam brought of a shard: the rows of a file that is to be written.

    Attributes:
      shard: split and number of the file.
      rows: by the names of their columns, in any order.
    """

    shard: str
    rows: Sequence[Row]


class BigQueryTable(Unreadable):
    """The rows of a query in GoogleSQL. A row's split follows from its values, since a query gives rows in no order.

    Nothing is asked of BigQuery before the pipeline runs, so that the config names all columns, and the label whole.
    The same query is taken for the same data.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["bigquery"]
    query: str = Field(
        min_length=1,
        description="In GoogleSQL. Its text keys the cache: name a date, or FOR SYSTEM_TIME AS OF, to read it anew.",
    )
    project: str = Field(
        pattern=r"^[a-z][a-z0-9.:-]{4,}[a-z0-9]$",
        description="Google Cloud project that the query is run in.",
    )
    export: str = Field(description="gs://BUCKET/FOLDER to which BigQuery exports the rows, until they are read.")
    columns: tuple[str, ...] = Field(min_length=1, description="Names of the columns that the query gives.")
    splits: Splits = Field(default_factory=Splits, description="Shares by which rows are dealt, by their values.")

    @field_validator("export")
    @classmethod
    def _at_google(cls, export: str) -> str:
        if not export.startswith("gs://"):
            raise ValueError(f"BigQuery exports to gs:// alone. Received: {export}")
        check_store(export)
        return export

    def column_names(self) -> tuple[str, ...]:
        return self.columns

    def shards(self, split: str) -> Sequence[str]:
        return [f"{split}/{number}" for number in range(FILES)]

    def rows(self, shard: Brought | str) -> Iterator[tuple[str, Row | DataError]]:
        if isinstance(shard, str):
            raise _untold()
        # In one order, whichever they came in.
        for digest, row in sorted(((_digest(row), row) for row in shard.rows), key=lambda pair: pair[0]):
            origin = f"a row of the query ({digest[:12]})"
            missing = [name for name in self.columns if name not in row]
            if missing:
                yield (
                    origin,
                    DataError(
                        f"the query must give the columns of options.source.columns. Received: {', '.join(row)}, "
                        f"without {', '.join(missing)}"
                    ),
                )
                continue
            yield origin, {name: plain_value(value) for name, value in row.items()}

    def all_rows(self) -> Iterator[tuple[str, Row | DataError]]:
        raise _untold()

    def fingerprint(self) -> str:
        """See `data.source.Source`; nothing is asked."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def reading(self) -> "beam.PTransform":
        """See `data.source.HasReading`."""
        import apache_beam as beam
        from apache_beam.io.gcp.bigquery import ReadFromBigQuery

        read = ReadFromBigQuery(query=self.query, project=self.project, gcs_location=self.export, use_standard_sql=True)
        return read | "Deal" >> beam.Map(self._dealt)

    def brought(self, shard: str, records: Sequence[Row]) -> Brought:
        """See `data.source.HasReading`."""
        return Brought(shard, records)

    def _dealt(self, row: Row) -> tuple[str, Row]:
        digest = _digest(row)
        return f"{self.splits.of(digest)}/{int(digest[:8], 16) % FILES}", row


def _digest(row: Row) -> str:
    return hashlib.sha256(json.dumps(row, sort_keys=True, default=repr).encode()).hexdigest()


def _untold() -> DataError:
    return DataError(
        "what a query gives is read by ExampleGen alone, when the pipeline runs. Received: kind: bigquery where rows "
        "are looked at. Name label.kind, label.classes and all of options.columns, each with may_be_missing and "
        "categories with size, and others: leave_out; to look at rows, or to predict for them, export them to files."
    )
