"""What a table's columns hold, found by reading it through once."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from data.errors import DataError
from data.tables.source import TableSource
from data.tables.table import Table
from data.tables.values import BOOLEANS, Kind, Value, as_number, as_text, has_decimal_comma, is_field

# Different values of a column that are counted; a vocabulary is cut before.
MAX_COUNTED = 10_000
# Whole numbers that differ less are taken for the numbers of classes.
MAX_NUMBERED_CLASSES = 20


@dataclass
class ColumnSurvey:
    """A column, as far as it was read.

    Attributes:
      missing: rows without a value.
      counts: rows of each value, as text; of the first MAX_COUNTED ones.
      elements: how often each text is in the lists of a nested column; of the first MAX_COUNTED ones.
      are_numbers: whether each value is one.
      are_whole: whether each value is a whole number.
      are_words: whether each value is a word for true or false.
      are_with_comma: whether each value is a number with a decimal comma.
      other: type of a value that no column may have; empty where there was none.
    """

    missing: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    elements: Counter[str] = field(default_factory=Counter)
    are_numbers: bool = True
    are_whole: bool = True
    are_words: bool = True
    are_with_comma: bool = True
    other: str = ""

    def add(self, value: Value) -> None:
        """Counts a value in."""
        if value is None:
            self.missing += 1
            return
        if not is_field(value):
            self.other = type(value).__name__
            elements: Iterable[Any] = value if isinstance(value, list) else ()
            for element in elements:
                if isinstance(element, str):
                    _count(self.elements, element)
            return
        text = as_text(value)
        _count(self.counts, text)
        if self.are_words:
            self.are_words = isinstance(value, bool) or text.strip().lower() in BOOLEANS
        if self.are_with_comma:
            self.are_with_comma = has_decimal_comma(text)
        if self.are_numbers:
            self._add_number(value)

    def kind(self) -> Kind | None:
        """What the column is best read as; None where it holds nothing."""
        if not self.counts:
            return None
        if self.are_words:
            return "boolean"
        return "numeric" if self.are_numbers else "categorical"

    def is_of_classes(self) -> bool:
        """Whether as a label it names classes."""
        return not self.are_numbers or (self.are_whole and len(self.counts) <= MAX_NUMBERED_CLASSES)

    def classes(self) -> tuple[str, ...]:
        """Its values in order: of numbers, theirs."""
        order: Callable[[str], Any] = float if self.are_numbers else str
        return tuple(sorted(self.counts, key=order))

    def _add_number(self, value: Value) -> None:
        try:
            number = as_number(value)
        except ValueError:
            self.are_numbers = self.are_whole = False
        else:
            self.are_numbers = not isinstance(value, bool)
            self.are_whole = self.are_whole and number.is_integer()


def _count(counts: Counter[str], text: str) -> None:
    if text in counts or len(counts) < MAX_COUNTED:
        counts[text] += 1


@dataclass(frozen=True)
class Survey:
    """What a table holds.

    Attributes:
      rows: number of its rows that can be read.
      columns: what is in each column, in the table's order.
    """

    rows: int
    columns: Mapping[str, ColumnSurvey]

    def kind(self, name: str) -> Kind | None:
        """What a column is best read as; None where it holds nothing.

        Raises:
          DataError: it holds what no column of a model can be, or numbers that are none as they are written.
        """
        column = self.columns[name]
        if column.other:
            raise DataError(
                f"a column must hold numbers, texts or truth values. Received: {column.other} in {name}. Write it as "
                f"such, a nested column as one for each part; or name it in options.columns.left_out."
            )
        if column.counts and column.are_with_comma:
            raise DataError(
                f"a number must have a decimal point. Received: {next(iter(column.counts))!r} and the like in "
                f"{name}. Set options.source.decimal: ',', or name the column in options.columns."
            )
        return column.kind()


def survey(source: TableSource) -> Survey:
    """Reads a table through; once for all who ask in this process, as long as its files stay the same.

    Raises:
      DataError: see `Table`; or there is no row.
    """
    return _survey(source.model_dump_json(), source.fingerprint())


@lru_cache(maxsize=4)
def _survey(text: str, fingerprint: str) -> Survey:
    table: Table = TypeAdapter(TableSource).validate_json(text)
    columns = {name: ColumnSurvey() for name in table.column_names()}
    rows, defects = 0, []
    for origin, row in table.all_rows():
        if isinstance(row, DataError):
            # ExampleGen counts these, and refuses them where they are too many.
            defects.append(f"{origin}: {row}")
            continue
        rows += 1
        for name, column in columns.items():
            column.add(row[name])
    if not rows:
        first = f", the first in {defects[0]}" if defects else ""
        raise DataError(
            f"a table must have rows. Received: none below the header{first}. Write the file anew, or correct the "
            f"config."
        )
    return Survey(rows, columns)
