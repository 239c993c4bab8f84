"""The contract of a table: rows by the names of their columns."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from data.errors import DataError
from data.tables.values import Value

Row: TypeAlias = Mapping[str, Value]


class Table(Protocol):
    """A picklable reader of rows."""

    def column_names(self) -> tuple[str, ...]:
        """The names of all columns.

        Raises:
          SourceNotFoundError: there is no table.
          DataError: its header says no columns.
        """

    def shards(self, split: str) -> Sequence[Hashable]:
        """See `data.source.Source`."""

    def rows(self, shard: Any) -> Iterator[tuple[str, Row | DataError]]:
        """Yields (origin, row) of a shard, a DataError for a row that is none. Raises DataError where reading ends."""

    def all_rows(self) -> Iterator[tuple[str, Row | DataError]]:
        """The same of the whole table, whatever split a row belongs to."""

    def fingerprint(self) -> str:
        """See `data.source.Source`."""

    def model_dump_json(self) -> str:
        """Its options as JSON; with the fingerprint, what a survey of it is remembered by."""
