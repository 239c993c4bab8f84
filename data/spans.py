"""Spans of data and their versions: paths with {SPAN} or {YYYY}, {MM} and {DD}, and {VERSION}.

The paths are those of TFX's ExampleGen (tfx/components/example_gen/utils.py), which imports TensorFlow; a config is
checked without. A span is a number; one of a date is its days since 1970-01-01.
"""

import datetime
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol, TypeAlias, runtime_checkable

from etils import epath
from pydantic import BaseModel, ConfigDict, Field, model_validator

from data.errors import SourceNotFoundError
from records.spans import Spans
from records.stores import path_at

Number = Annotated[int, Field(ge=0)]
_EPOCH = datetime.date(1970, 1, 1)
_TOKEN = re.compile(r"\{(SPAN|VERSION|YYYY|MM|DD)(?::([^}]*))?\}")
_DATE = ("YYYY", "MM", "DD")
_WIDTHS = {"YYYY": 4, "MM": 2, "DD": 2}
# A message names as many spans.
_SHOWN = 6


class SeveralSpans(BaseModel):
    """A rolling window, or spans and versions by their numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    last: int | None = Field(
        None, ge=1, description="How many of the newest spans are read; all where there are fewer."
    )
    exactly: dict[Number, Number | None] = Field(
        default_factory=dict,
        description="Or {SPAN: VERSION}, as a run writes down what it took; null is the newest version, or none in "
        "paths without.",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> "SeveralSpans":
        if (self.last is None) == (not self.exactly):
            raise ValueError(f"span takes last or exactly. Received: last={self.last}, exactly={self.exactly}")
        return self


SpanChoice: TypeAlias = Literal["latest"] | Number | SeveralSpans


@runtime_checkable
class HasSpans(Protocol):
    """A source whose data may come in spans."""

    def spans(self) -> Spans:
        """The spans that are read; empty where the data does not come in spans."""


@dataclass(frozen=True)
class SpanPattern:
    """A path with places for a span and a version.

    Attributes:
      text: the path.
    """

    text: str

    @classmethod
    def of(cls, path: epath.Path) -> "SpanPattern | None":
        """The pattern of a path; None of one that has no such place.

        Raises:
          ValueError: the places do not make a span.
        """
        text = os.fspath(path)
        found = [match[1] for match in _TOKEN.finditer(text)]
        for match in _TOKEN.finditer(text):
            digits = match[2]
            if digits is not None and (match[1] in _DATE or not digits.isdecimal() or int(digits) == 0):
                raise ValueError(
                    f"only SPAN and VERSION take a number of digits, such as {{SPAN:3}}. Received: {match[0]} in {text}"
                )
        if not found:
            return None
        twice = sorted({name for name in found if found.count(name) > 1})
        dates = [name for name in _DATE if name in found]
        if twice or ("SPAN" in found) == bool(dates) or (dates and len(dates) < len(_DATE)):
            raise ValueError(
                f"a path in spans has {{SPAN}}, or {{YYYY}}, {{MM}} and {{DD}}, and may have {{VERSION}}, each once. "
                f"Received: {text}"
            )
        return cls(text)

    @property
    def has_version(self) -> bool:
        """Whether spans have versions."""
        return "{VERSION" in self.text

    def found(self) -> dict[int, dict[int | None, epath.Path]]:
        """{span: {version: its file}} of the files that are there.

        Raises:
          SourceNotFoundError: two files are of one span and version.
        """
        spans: dict[int, dict[int | None, epath.Path]] = {}
        pattern = _pattern(self.text)
        for path in self._matches():
            match = pattern.fullmatch(os.fspath(path))
            span = _span(match) if match else None
            if match is None or span is None:
                continue
            version = int(match["VERSION"]) if self.has_version else None
            other = spans.setdefault(span, {}).setdefault(version, path)
            if other != path:
                raise SourceNotFoundError(
                    f"a version of a span is one file. Received: {other} and {path}, both of span {span}. Remove one."
                )
        return spans

    def _matches(self) -> list[epath.Path]:
        """Files whose parts each are as the path's."""
        parts = self.text.split("/")
        above = next(number for number, part in enumerate(parts) if _TOKEN.search(part))
        found = [path_at("/".join(parts[:above]) or ("/" if above else "."))]
        for part in parts[above:]:
            if not _TOKEN.search(part):
                found = [path / part for path in found]
                continue
            pattern = _pattern(part)
            folders = [path for path in found if path.is_dir()]
            found = [each for folder in folders for each in folder.iterdir() if pattern.fullmatch(each.name)]
        return sorted(path for path in found if path.is_file())


def take_spans(choice: SpanChoice, patterns: Sequence[SpanPattern]) -> dict[int, int | None]:
    """The spans that are meant, the oldest first, each with its newest version.

    Args:
      choice: which.
      patterns: paths that each have a file of each span, and of its version where they have one.

    Raises:
      SourceNotFoundError: a span or a version is missing, as a whole or in one of the paths.
    """
    files = [(pattern, pattern.found()) for pattern in patterns]
    known = sorted({span for _, found in files for span in found})
    if not known:
        raise SourceNotFoundError(
            f"options.source must lead to files of spans. Received: {patterns[0].text}, which no file is like. Correct "
            f"the path, or put the first span there."
        )
    wanted: Spans
    if isinstance(choice, SeveralSpans):
        wanted = dict.fromkeys(known[-choice.last :]) if choice.last else dict(sorted(choice.exactly.items()))
    else:
        wanted = {known[-1] if choice == "latest" else choice: None}
    return {span: _version(span, version, files, known) for span, version in wanted.items()}


def span_files(spans: Spans, pattern: SpanPattern) -> dict[int, epath.Path]:
    """{span: its file}, of spans that `take_spans` found.

    Raises:
      SourceNotFoundError: one is there no longer.
    """
    found = pattern.found()
    files = {}
    for span, version in spans.items():
        versions = found.get(span, {})
        path = versions.get(version if pattern.has_version else None)
        if path is None:
            raise SourceNotFoundError(_lacking(pattern, span, version, versions))
        files[span] = path
    return files


def missing_between(spans: Spans) -> list[int]:
    """The spans that a window has no files of, though there are older and newer ones."""
    return [span for span in range(min(spans, default=0), max(spans, default=0)) if span not in spans]


def _version(
    span: int,
    version: int | None,
    files: Sequence[tuple[SpanPattern, Mapping[int, Mapping[int | None, epath.Path]]]],
    known: Sequence[int],
) -> int | None:
    """The version that is meant, newest where none is. Raises SourceNotFoundError where a path lacks it."""
    if span not in known:
        newer = [each for each in known if each > span][: _SHOWN // 2]
        shown = [*[each for each in known if each < span][-(_SHOWN - len(newer)) :], *newer]
        more = f" ({len(known)} in all)" if len(known) > len(shown) else ""
        raise SourceNotFoundError(
            f"options.source.span must be a span that is there. Received: {span}, and {files[0][0].text} has "
            f"{', '.join(map(str, shown))}{more}. Take one of these, or latest."
        )
    versions = [found.get(span, {}) for pattern, found in files if pattern.has_version]
    if version is None and versions:
        version = max((number for each in versions for number in each if number is not None), default=None)
    if version is not None and not versions:
        raise SourceNotFoundError(
            f"a version is of paths with {{VERSION}}. Received: version {version} of span {span}, and "
            f"{files[0][0].text}."
        )
    for pattern, found in files:
        if (version if pattern.has_version else None) not in found.get(span, {}):
            raise SourceNotFoundError(_lacking(pattern, span, version, found.get(span, {})))
    return version


def _lacking(pattern: SpanPattern, span: int, version: int | None, versions: Mapping[int | None, epath.Path]) -> str:
    wanted = f"span {span}" if version is None or not pattern.has_version else f"version {version} of span {span}"
    there = [str(number) for number in versions if number is not None]
    has = f"; of this span are there version {', '.join(there)}" if there else ""
    return (
        f"every path of options.source must have {wanted}. Received: {pattern.text}, which has not{has}. Put it there, "
        f"or take another options.source.span."
    )


def _pattern(text: str) -> re.Pattern[str]:
    """Matches texts that have numbers at the places."""
    parts, end = [], 0
    for match in _TOKEN.finditer(text):
        parts += [re.escape(text[end : match.start()]), _capture(match)]
        end = match.end()
    return re.compile("".join([*parts, re.escape(text[end:])]))


def _capture(match: re.Match[str]) -> str:
    width = _WIDTHS.get(match[1], match[2])
    return f"(?P<{match[1]}>[0-9]{f'{{{width}}}' if width else '+'})"


def _span(match: re.Match[str]) -> int | None:
    """The number of a span; None where there is no such day."""
    found = match.groupdict()
    if "SPAN" in found:
        return int(found["SPAN"])
    try:
        day = datetime.date(*(int(found[name]) for name in _DATE))
    except ValueError:
        return None
    return (day - _EPOCH).days
