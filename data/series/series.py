"""A time series on a regular grid, and the contract of its sources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Series:
    """Rows that are a fixed step apart. Times are seconds since 1970, UTC; a stamp without a zone is taken for UTC.

    Attributes:
      values: `[time, channel]` float32, NaN where nothing was observed.
    """

    name: str
    start_secs: int
    step_secs: int
    values: np.ndarray

    @property
    def times_secs(self) -> np.ndarray:
        """Times of the rows, `[time]` int64."""
        return self.start_secs + self.step_secs * np.arange(len(self.values), dtype=np.int64)


@dataclass(frozen=True, kw_only=True)
class SeriesSet:
    """The series of a source, repaired.

    Attributes:
      series: the series; one that was cut at a long gap is several of the same name.
      repairs: number of repairs of each kind, by what was wrong.
    """

    series: tuple[Series, ...]
    repairs: Mapping[str, int]


class SeriesReader(Protocol):
    """What every source of series can do."""

    def channel_names(self) -> tuple[str, ...]:
        """Names of the columns, in their order."""

    def step_secs(self) -> int:
        """Time between two rows."""

    def describe_step(self) -> str:
        """The step in words, such as 1h, and where it is known from."""

    def read(self, *, longest_gap: int) -> SeriesSet:
        """All series, on a regular grid; `longest_gap` is the most missing rows that a series may have in one place.

        Raises:
          DataError: the data is not as the options say, and they allow no repair.
        """

    def fingerprint(self) -> str:
        """A digest that changes when the data changes."""


def select_channels(found: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """The channels `wanted`, or all that were found where none is named."""
    return tuple(wanted) or tuple(found)
