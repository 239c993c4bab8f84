"""Images listed in a CSV file: a path and a label a line."""

import csv
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import ConfigDict, Field

from data.did_you_mean import did_you_mean_path
from data.errors import DataError, SourceNotFoundError
from data.examples import labelled_image_file
from data.local_path import LocalPath
from data.overview import Overview, overview_of_classes
from data.source import SPLITS
from data.splits import Splits
from data.unreadable import Unreadable

if TYPE_CHECKING:
    import tensorflow as tf

IMAGES_PER_SHARD = 2048


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
    file: LocalPath = Field(description="The CSV file. Relative paths start at the config's folder.")
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
        for line, path, label in shard:
            yield f"{self.file.name} line {line}, {path}", labelled_image_file(self.file.parent / path, label)

    def fingerprint(self) -> str:
        digest = hashlib.sha256(self.model_dump_json().encode())
        for row in self._rows():
            path = self.file.parent / row.path
            stat = path.stat() if path.exists() else None
            digest.update(f"{row}\0{stat and (stat.st_size, stat.st_mtime_ns)}\n".encode())
        return digest.hexdigest()

    def class_counts(self) -> Mapping[str, Sequence[int]]:
        counts = Counter((row.split, label) for row, label in self._label_rows())
        return {split: [counts[split, label] for label in range(len(self.class_names()))] for split in SPLITS}

    def overview(self) -> Overview:
        rows = self._rows()
        absent = sum(not (self.file.parent / row.path).is_file() for row in rows)
        return overview_of_classes(
            self,
            facts={
                "file": f"{self.file}, {len(rows):,} rows",
                "columns": ", ".join(filter(None, (self.path_column, self.label_column, self.split_column))),
                "splits": f"by {self.split_column}" if self.split_column else "dealt by shares",
            },
            notes=[f"{absent:,} of the files that it names are not there"] if absent else [],
        )

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
            with self.file.open(newline="", encoding="utf-8-sig") as stream:
                rows = list(self._read(csv.DictReader(_without_nul(stream))))
        except OSError as error:
            raise SourceNotFoundError(
                f"options.source.file must be a readable CSV file. Received: {self.file} ({error.strerror}). Create it "
                f"or correct the config."
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


def _without_nul(lines: Iterable[str]) -> Iterator[str]:
    """Raises csv.Error for what no text holds; Python's reader does no longer."""
    for line in lines:
        if "\0" in line:
            raise csv.Error("line contains NUL")
        yield line
