"""Images listed in a CSV file: a path and a label a line."""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from etils import epath
from pydantic import ConfigDict, Field

from data.did_you_mean import did_you_mean_path
from data.errors import DataError, SourceNotFoundError
from data.examples import labelled_image_file
from data.files import SourcePath, Stamp, each_file, join, stamp
from data.overview import Overview, overview_of_classes
from data.source import SPLITS
from data.splits import Splits
from data.unreadable import Unreadable

if TYPE_CHECKING:
    import tensorflow as tf

IMAGES_PER_SHARD = 2048

Answer = TypeVar("Answer")


class _Row(NamedTuple):
    """A line of the file."""

    line: int
    path: str
    label: str
    split: str


class ImageCSV(Unreadable):
    """A CSV file with a header; relative paths in it start at its folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["image_csv"]
    file: SourcePath = Field(description="The CSV file. Relative paths start at the config's folder.")
    path_column: str = Field("path", description="Column of the images' paths.")
    label_column: str = Field("label", description="Column of the names of their classes.")
    split_column: str | None = Field(None, description="Column of train, eval or test; default: dealt by `splits`.")
    classes: tuple[str, ...] = Field(
        (),
        description="Names of the classes, in the order of the labels; empty: those in the file, sorted.",
    )
    splits: Splits = Field(default_factory=Splits)

    def class_names(self) -> tuple[str, ...]:
        return self.classes or tuple(sorted({row.label for row in self._rows()}))

    def shards(self, split: str) -> Sequence[tuple[tuple[int, str, int], ...]]:
        """Shards of (line, path, index of the class)."""
        mine = [(row.line, row.path, label) for row, label in self._label_rows() if row.split == split]
        return [tuple(mine[start : start + IMAGES_PER_SHARD]) for start in range(0, len(mine), IMAGES_PER_SHARD)]

    def examples(self, shard: tuple[tuple[int, str, int], ...]) -> Iterator[tuple[str, "tf.train.Example | DataError"]]:
        first = self._path(shard[0][1])
        read = each_file(lambda each: labelled_image_file(self._path(each[1]), each[2]), shard, of=first)
        for (line, path, _), example in zip(shard, read, strict=True):
            yield f"{self.file.name} line {line}, {path}", example

    def fingerprint(self) -> str:
        digest = hashlib.sha256(self.model_dump_json().encode())
        rows = self._rows()
        for row, found in zip(rows, self._ask(_stamp_if_there, rows), strict=True):
            digest.update(f"{row}\0{found}\n".encode())
        return digest.hexdigest()

    def class_counts(self) -> Mapping[str, Sequence[int]]:
        counts = Counter((row.split, label) for row, label in self._label_rows())
        return {split: [counts[split, label] for label in range(len(self.class_names()))] for split in SPLITS}

    def overview(self) -> Overview:
        rows = self._rows()
        absent = sum(not is_there for is_there in self._ask(epath.Path.is_file, rows))
        return overview_of_classes(
            self,
            facts={
                "file": f"{self.file}, {len(rows):,} rows",
                "columns": ", ".join(filter(None, (self.path_column, self.label_column, self.split_column))),
                "splits": f"by {self.split_column}" if self.split_column else "dealt by shares",
            },
            notes=[f"{absent:,} of the files that it names are not there"] if absent else [],
        )

    def _path(self, path: str) -> epath.Path:
        return join(self.file.parent, path)

    def _ask(self, ask: Callable[[epath.Path], Answer], rows: Sequence[_Row]) -> Iterator[Answer]:
        """The answer about the image of each row."""
        return each_file(lambda row: ask(self._path(row.path)), rows, of=self._path(rows[0].path))

    def _label_rows(self) -> list[tuple[_Row, int]]:
        """All lines of the file, each with the index of its class."""
        index = {name: number for number, name in enumerate(self.class_names())}
        rows = self._rows()
        for row in rows:
            if row.label not in index:
                raise DataError(
                    f"{self.file}, line {row.line}: a label must be one of {', '.join(index)}. "
                    f"Received: {row.label!r}. Mend the line, or name the class in options.source.classes."
                )
        return [(row, index[row.label]) for row in rows]

    def _rows(self) -> list[_Row]:
        try:
            lines = io.StringIO(self.file.read_bytes().decode("utf-8-sig"), newline="")
            rows = list(self._read(csv.DictReader(_without_nul(lines))))
        except OSError as error:
            raise SourceNotFoundError(
                f"options.source.file must be a readable CSV file. Received: {self.file} ({error.strerror or error}). "
                f"Create it or correct the config."
                f"{did_you_mean_path(self.file)}"
            ) from None
        except (UnicodeDecodeError, csv.Error) as error:
            raise DataError(f"{self.file} must be CSV in UTF-8. Received: {error}. Save it anew as such.") from None
        if not rows:
            raise SourceNotFoundError(
                f"options.source.file must list images. Received: {self.file}, with no line below its header."
            )
        return rows

    def _read(self, reader: csv.DictReader) -> Iterator[_Row]:
        wanted = [self.path_column, self.label_column, *([self.split_column] if self.split_column else [])]
        header = reader.fieldnames or []
        for column in wanted:
            if column not in header:
                raise DataError(
                    f"{self.file} must have the column {column}. Received: {', '.join(header) or 'no header'}. Name "
                    f"the columns in options.source (path_column, label_column, split_column)."
                )
        for fields in reader:
            path, label = (fields[column] for column in wanted[:2])
            if not path or not label:
                raise DataError(
                    f"{self.file}, line {reader.line_num}: a line must have a path and a label. Received: {fields}"
                )
            split = fields[self.split_column] if self.split_column else self.splits.of(path)
            if split not in SPLITS:
                raise DataError(
                    f"{self.file}, line {reader.line_num}: a split must be one of {', '.join(SPLITS)}. "
                    f"Received: {split!r}. Mend the line."
                )
            yield _Row(reader.line_num, path, label, split)


def _stamp_if_there(path: epath.Path) -> Stamp | None:
    with suppress(FileNotFoundError):
        return stamp(path)
    return None


def _without_nul(lines: Iterable[str]) -> Iterator[str]:
    """Raises csv.Error for what no text holds; Python's reader does no longer."""
    for line in lines:
        if "\0" in line:
            raise csv.Error("line contains NUL")
        yield line
