"""A time series on a regular grid, and what every source of series can tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Series:
    """Rows a fixed step apart. Times are seconds since 1970, UTC; a stamp without a zone is taken for UTC.

    Attributes:
      values: `[time, channel]` float32, NaN where nothing was observed.
    """

    name: str
    start_secs: int
    step_secs: int
    values: np.ndarray

    @property
    def times_secs(self) -> np.ndarray:
        """`[time]` int64."""
        return self.start_secs + self.step_secs * np.arange(len(self.values), dtype=np.int64)


@dataclass(frozen=True, kw_only=True)
class SeriesSet:
    """What a source holds, repaired.

    Attributes:
      series: one or many; a series that was cut at a long gap is several of the same name.
      repairs: how many of which repair were made, by what was wrong.
    """

    series: tuple[Series, ...]
    repairs: Mapping[str, int]


class SeriesSource(Protocol):
    """Options that lead to series."""

    def channel_names(self) -> tuple[str, ...]:
        """Names of the columns, in their order."""

    def step_secs(self) -> int:
        """Seconds between two rows."""

    def told_step(self) -> str:
        """The same for a person, such as 1h, and where it is from."""

    def read(self, *, longest_gap: int) -> SeriesSet:
        """All series, on a regular grid; `longest_gap` is how many missing rows a series may have in one place.

        Raises:
          DataError: the data is not as the options say, and they allow no repair.
        """

    def fingerprint(self) -> str:
        """A digest that changes when the data changes."""


def select_channels(found: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """`wanted`, or all that were found where none is named."""
    return tuple(wanted) or tuple(found)
