"""Tables in CSV files."""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from etils import epath
from pydantic import Field, field_validator, model_validator

from data.did_you_mean import did_you_mean
from data.errors import DataError
from data.known.datasets import find_known, locate
from data.tables.files import Part, TableFiles, open_binary
from data.tables.table import Row
from data.tables.values import Value, has_decimal_comma

# Between thousands, where the comma is the decimal one.
_GROUPS = re.compile(r"[.' ]")


class CSVTable(TableFiles):
    """CSV (RFC 4180), gzipped where a name ends in .gz; the first line names the columns, in any order."""

    kind: Literal["csv"]
    dataset: Literal["penguins", "chicago_taxi"] | None = Field(None, description="Or a known dataset, by name.")
    delimiter: str = Field(",", min_length=1, max_length=1, description="Between two fields, such as ; or a tab.")
    quote: str = Field('"', min_length=1, max_length=1, description="Around fields that hold a delimiter.")
    encoding: str = Field("utf-8", description="Of the text, by a name that Python knows, such as cp1252.")
    decimal: Literal[".", ","] = Field(".", description="Before the decimals of a number.")
    missing: tuple[str, ...] = Field(
        ("", "NA", "N/A", "NaN", "nan", "null", "NULL"), description="Fields that stand for no value."
    )
    names: tuple[str, ...] = Field((), description="Names of the columns of files whose first line is a row already.")

    @field_validator("encoding")
    @classmethod
    def _is_known_encoding(cls, encoding: str) -> str:
        try:
            codecs.lookup(encoding)
        except LookupError:
            raise ValueError(f"encoding must be one that Python knows. Received: {encoding!r}") from None
        return encoding

    @model_validator(mode="after")
    def _can_be_told_apart(self) -> "CSVTable":
        if self.delimiter == self.quote:
            raise ValueError(f"delimiter and quote must be two characters. Received: {self.quote!r} for both")
        return self

    def is_known(self) -> bool:
        return self.dataset is not None

    def given(self) -> Mapping[str, tuple[epath.Path, ...]]:
        if self.dataset is None:
            return super().given()
        [file] = find_known(self.dataset).files
        return {"train": (epath.Path(locate(self.dataset)) / file.name,)}

    def column_names(self) -> tuple[str, ...]:
        if self.names:
            return self.names
        _, path = next(self.parts(""))
        with self._open(path) as text:
            return self._header(path, self._reader(text))

    def rows(self, shard: Part) -> Iterator[tuple[str, Row | DataError]]:
        path = self.path(shard)
        expected = self.column_names()
        index, line = -1, 0
        try:
            with self._open(path) as text:
                reader = self._reader(text)
                header = self.names or self._header(path, reader)
                self._check_header(path, header, expected)
                while True:
                    line = reader.line_num + 1
                    fields = _next_fields(reader)
                    if fields is None:
                        return
                    if not fields:
                        # An empty line.
                        continue
                    index += 1
                    row = self._row(fields, header)
                    if self.is_wanted(shard, index, row):
                        yield f"{path.name} line {line}", row
        except (OSError, EOFError, zlib.error, UnicodeError) as error:
            raise DataError(
                f"{path}, after line {line}: the file must be readable to its end. Received: {error}. Write it anew; "
                f"options.source.encoding says how its text is encoded."
            ) from None

    def _row(self, fields: list[str] | DataError, header: tuple[str, ...]) -> Row | DataError:
        if isinstance(fields, DataError):
            return fields
        if len(fields) != len(header):
            one = f" Is options.source.delimiter {self.delimiter!r} right?" if len(fields) == 1 else ""
            return DataError(
                f"a row must have {len(header)} fields, as the header has. Received: {len(fields)}. Mend the row; "
                f"a field with a {self.delimiter!r} in it stands in {self.quote}.{one}"
            )
        if not self.names and tuple(fields) == header:
            return DataError("a file has one header. Received: the same line again. Were files joined? Remove it")
        for name, field in zip(header, fields, strict=True):
            if "\0" in field:
                return DataError(f"{name}: a text holds no NUL byte. Received: {field!r}. Write the file anew")
            if not field.isascii() and any("\udc80" <= letter <= "\udcff" for letter in field):
                return DataError(
                    f"{name} must be text in {self.encoding}. Received: {field!r}. Name another "
                    f"options.source.encoding, such as cp1252, or write the file anew"
                )
        row = {name: self._value(field) for name, field in zip(header, fields, strict=True)}
        defect = self.split_defect(row)
        return DataError(defect) if defect else row

    def _value(self, field: str) -> Value:
        if field.strip() in self.missing:
            return None
        if self.decimal == "," and has_decimal_comma(field):
            return _GROUPS.sub("", field).replace(",", ".")
        return field

    def _open(self, path: epath.Path) -> io.TextIOWrapper:
        stream: Any = open_binary(path)
        if path.suffix == ".gz":
            stream = gzip.GzipFile(fileobj=stream)
        # What cannot be decoded is told of with its row.
        encoding = "utf-8-sig" if codecs.lookup(self.encoding).name == "utf-8" else self.encoding
        return io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline="")

    def _reader(self, text: io.TextIOWrapper) -> Any:
        return csv.reader(text, delimiter=self.delimiter, quotechar=self.quote, strict=True)

    def _header(self, path: epath.Path, reader: Any) -> tuple[str, ...]:
        """Reads the first line. Raises DataError where it does not name columns."""
        fields = _next_fields(reader)
        if fields is None:
            raise DataError(f"{path} must hold a line with the names of its columns. Received: an empty file.")
        if isinstance(fields, DataError):
            raise DataError(f"{path} line 1: {fields}")
        nameless = [str(place) for place, name in enumerate(fields, start=1) if not name.strip()]
        if nameless or not fields:
            raise DataError(
                f"{path}: every column must have a name. Received: none for column {', '.join(nameless) or '1'}. Name "
                f"it, or write the file without it: pandas leaves its index out with to_csv(…, index=False)."
            )
        twice = sorted({name for name in fields if fields.count(name) > 1})
        if twice:
            raise DataError(f"{path}: a column's name must be its own. Received twice: {', '.join(twice)}. Rename one.")
        return tuple(fields)

    def _check_header(self, path: epath.Path, header: Sequence[str], expected: Sequence[str]) -> None:
        """Raises DataError where a file lacks columns of the first one."""
        missing = [name for name in expected if name not in header]
        if missing:
            raise DataError(
                f"{path} must have the columns of the other files. Received: {', '.join(header)}, without "
                f"{', '.join(missing)}.{did_you_mean(missing[0], header)}"
            )


def _next_fields(reader: Any) -> list[str] | DataError | None:
    """The fields of the next line; None at the end."""
    try:
        return next(reader, None)
    except csv.Error as error:
        return DataError(f"a row must be CSV. Received: {error}. Mend the quotes in it")
