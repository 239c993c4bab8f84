"""Overviews of sources, for a person to check before training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from data.source import SPLITS


@dataclass(frozen=True, kw_only=True)
class Overview:
    """An overview of a source, as plain values; whoever asked for it prints it.

    Attributes:
      headline: the whole in a few words.
      facts: {what: value}, such as {"step": "1h"}.
      columns: headings of the table.
      rows: rows of the table, one value for each column.
      notes: what looks odd, a line each.
    """

    headline: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str | int, ...], ...] = ()
    notes: tuple[str, ...] = ()


@runtime_checkable
class HasOverview(Protocol):
    """A source that can tell what it holds, without TensorFlow."""

    def overview(self) -> Overview:
        """An overview of the data.
        Raises:
          DataError: see `Source`.
        """


@runtime_checkable
class CountsClasses(Protocol):
    """A source of labelled images that knows how many there are without reading them."""

    def class_names(self) -> tuple[str, ...]:
        """See LabelledImages."""

    def class_counts(self) -> Mapping[str, Sequence[int]]:
        """{split: images of each class}."""


def overview_of_classes(
    source: CountsClasses, *, facts: Mapping[str, str] | None = None, notes: Sequence[str] = ()
) -> Overview:
    """An overview with one row for each class, and one for all.
    Args:
      source: a source of labelled images.
      facts: further facts, {what: value}.
      notes: further notes, beside those on classes that a split lacks.
    """
    names, counts = source.class_names(), source.class_counts()
    lacking = {split: [name for name, count in zip(names, counts[split], strict=True) if not count] for split in SPLITS}
    rows: list[tuple[str | int, ...]] = [
        (name, *(counts[split][label] for split in SPLITS)) for label, name in enumerate(names)
    ]
    return Overview(
        headline=f"{sum(map(sum, counts.values())):,} images of {len(names)} classes",
        facts={"classes": str(len(names)), **(facts or {})},
        columns=("class", *SPLITS),
        rows=(*rows, ("all", *(sum(counts[split]) for split in SPLITS))),
        notes=(*notes, *(f"{split} has no image of {', '.join(lacks)}" for split, lacks in lacking.items() if lacks)),
    )
