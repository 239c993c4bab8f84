"""What tables in files have in common: which files, and the split of each row."""

import functools
import hashlib
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

from etils import epath
from pydantic import ConfigDict, Field, field_validator, model_validator

from data.did_you_mean import did_you_mean_path
from data.errors import DataError, SourceNotFoundError
from data.files import SourcePath, stamp
from data.source import SPLITS, Split
from data.spans import SeveralSpans, SpanChoice, SpanPattern, span_files, take_spans
from data.splits import Splits
from data.tables.table import Row
from data.unreadable import Unreadable
from records.spans import Spans
from records.stores import is_uri


class Part(NamedTuple):
    """A part of the files that is read by itself.

    Attributes:
      given: the split whose files it is in, train where there is one for all.
      number: place of its file among these.
      group: place of its row group in the file, 0 where a file has none.
      split: the split whose rows are wanted; all rows where it is empty.
    """

    given: str
    number: int
    group: int
    split: str


class TableFiles(Unreadable):
    """One file whose rows are dealt to splits, or files for each split; a split without files is cut out of train.

    Where paths have places for a span, each stands for a file of every span that is read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: SourcePath | None = Field(None, description="One file for all. Relative paths start at the config's folder.")
    files: dict[Split, tuple[SourcePath, ...]] = Field(
        default_factory=dict,
        description="Or the files of each split, such as {train: [a.csv, b.csv], test: [c.csv]}; eval and test may be "
        "left out and are then cut out of train. Each file is read by itself, so that several are read in parallel.",
    )
    span: SpanChoice | None = Field(
        None,
        description="Where paths have {SPAN}, or {YYYY}, {MM} and {DD}, which spans are read: latest, a number, {last: "
        "K}, or {exactly: {SPAN: VERSION}}; of each the newest {VERSION}. Default: latest.",
    )
    split_column: str | None = Field(None, description="Column of train, eval or test; default: dealt by `splits`.")
    splits: Splits = Field(
        default_factory=Splits, description="Shares by which rows are dealt, by their place in their file."
    )

    @field_validator("files", mode="before")
    @classmethod
    def _null_is_none(cls, files: object) -> object:
        """What is laid over a config that has files: an empty mapping would leave those there."""
        return {} if files is None else files

    @model_validator(mode="after")
    def _one_place(self) -> "TableFiles":
        if [self.file is not None, bool(self.files), self.is_known()].count(True) != 1:
            raise ValueError(
                f"a table is one of file, files and, of CSV, dataset. Received: file={self.file}, "
                f"files={sorted(self.files) or None}"
            )
        if self.files and not self.files.get("train"):
            raise ValueError(f"files must have some for train. Received: {sorted(self.files)}")
        if self.split_column is not None and set(self.files) - {"train"}:
            raise ValueError(
                f"split_column decides the split of each row, so that all files must be those of train. "
                f"Received: split_column={self.split_column}, files of {', '.join(self.files)}"
            )
        return self

    @model_validator(mode="after")
    def _spans_have_places(self) -> "TableFiles":
        if not self._patterns() and self.span is not None:
            raise ValueError(
                f"span is of paths with {{SPAN}}, or {{YYYY}}, {{MM}} and {{DD}}. Received: span={self.span}, and "
                f"{', '.join(map(os.fspath, self._paths())) or 'no path'}"
            )
        return self

    def is_known(self) -> bool:
        """Whether it is a dataset known by name."""
        return False

    def with_spans(self) -> Self:
        """A copy that names the spans and versions that are read, so that no later one is.

        Raises:
          SourceNotFoundError: one is missing.
        """
        spans = self.spans()
        # Not a copy, which would have found its files already.
        return type(self).model_validate({**dict(self), "span": SeveralSpans(exactly=dict(spans))}) if spans else self

    def spans(self) -> Spans:
        """See `data.spans.HasSpans`.

        Raises:
          SourceNotFoundError: one is missing.
        """
        patterns = self._patterns()
        return take_spans(self.span if self.span is not None else "latest", patterns) if patterns else {}

    def given(self) -> Mapping[str, tuple[epath.Path, ...]]:
        """{split: its files}, all in train where one file is for all."""
        return {split: tuple(file.path for file in files) for split, files in self._files.items()}

    def path(self, part: Part) -> epath.Path:
        """The file of a part."""
        return self.given()[part.given][part.number]

    def shards(self, split: str) -> Sequence[Part]:
        """See `data.tables.table.Table`; a shard is a file."""
        return [part for part, _ in self.parts(split)]

    def rows(self, shard: Part) -> Iterator[tuple[str, Row | DataError]]:
        """See `data.tables.table.Table`."""
        raise NotImplementedError

    def all_rows(self) -> Iterator[tuple[str, Row | DataError]]:
        """See `data.tables.table.Table`."""
        for part in self.shards(""):
            yield from self.rows(part)

    def parts(self, split: str) -> Iterator[tuple[Part, epath.Path]]:
        """The files in which a split's rows are, all of them for no split, as parts whose group is 0."""
        given = self.given()
        for name in SPLITS:
            if split in ("", name) or (name == "train" and split not in given):
                for number, path in enumerate(given.get(name, ())):
                    yield Part(name, number, 0, split), path

    def is_wanted(self, part: Part, index: int, row: Row | DataError) -> bool:
        """Whether a row belongs to the split of the part; of one that cannot be read, whether it is told of there.

        Args:
          part: what is read.
          index: place of the row in its file.
          row: what was read.
        """
        if not part.split:
            return True
        if self.split_column is not None:
            found = None if isinstance(row, DataError) else row.get(self.split_column)
            return part.split == (found if found in SPLITS else "train")
        return part.split == self._dealt(part, index)

    def split_defect(self, row: Row) -> str | None:
        """What is wrong with the column of the split."""
        if self.split_column is None or row.get(self.split_column) in SPLITS:
            return None
        return f"{self.split_column} must be one of {', '.join(SPLITS)}. Received: {row.get(self.split_column)!r}"

    def fingerprint(self) -> str:
        """See `data.source.Source`."""
        digest = hashlib.sha256(self.model_dump_json(exclude={"file", "files"}).encode())
        for part, path in self.parts(""):
            digest.update(f"{part} {path.name} {stamp(found_file(path))}\n".encode())
        return digest.hexdigest()

    @functools.cached_property
    def _files(self) -> Mapping[str, tuple["_File", ...]]:
        """What `given` has, found once: looking around takes time, and newer spans may come meanwhile."""
        spans = self.spans()
        given = {"train": (self.file,)} if self.file is not None else self.files
        return {split: tuple(_files_of(paths, spans)) for split, paths in given.items()}

    def _paths(self) -> list[epath.Path]:
        """The paths as the config has them."""
        return [path for path in (self.file, *(path for paths in self.files.values() for path in paths)) if path]

    def _patterns(self) -> list[SpanPattern]:
        return [pattern for pattern in map(SpanPattern.of, self._paths()) if pattern]

    def _dealt(self, part: Part, index: int) -> str:
        given = self.given()
        key = self._files[part.given][part.number].key if self._files else str(part.number)
        dealt = self.splits.of(f"{key}/{index}")
        # Train lends to the splits that have no files, and keeps the share of those that have.
        return part.given if part.given != "train" or dealt in given else dealt


class _File(NamedTuple):
    """A file, and what its rows are dealt by."""

    path: epath.Path
    key: str


def _files_of(paths: Sequence[epath.Path], spans: Spans) -> Iterator[_File]:
    for number, path in enumerate(paths):
        pattern = SpanPattern.of(path)
        if pattern is None:
            yield _File(path, str(number))
            continue
        # A row stays in its split while its span moves through a window: else a model that goes on from an earlier one
        # would be tested on rows that it was trained on.
        for span, file in span_files(spans, pattern).items():
            yield _File(file, f"{number}/span {span}")


def found_file(path: epath.Path) -> epath.Path:
    """The path itself. Raises SourceNotFoundError where there is no file."""
    if not path.is_file():
        raise SourceNotFoundError(
            f"options.source must lead to a file with a table. Received: {path}, which does not exist. Create it or "
            f"correct the config.{did_you_mean_path(path)}"
        )
    return path


def open_binary(path: epath.Path) -> BinaryIO:
    """A file that can be read from any place; one at an object store is fetched whole. Raises SourceNotFoundError."""
    found_file(path)
    return io.BytesIO(path.read_bytes()) if is_uri(os.fspath(path)) else Path(path).open("rb")
