"""The step of a series, as configs write it and as its stamps tell it."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from data.errors import DataError

DAY_SECS = 24 * 3600
_UNITS = {"d": DAY_SECS, "h": 3600, "min": 60, "s": 1}
_LENGTH = re.compile(r"[1-9]\d*(s|min|h|d|w)")


def is_length(text: str) -> bool:
    """Whether it is a length of time such as 15min, 1h or 7d."""
    return _LENGTH.fullmatch(text) is not None


def as_length(secs: int) -> str:
    """Writes seconds in the largest unit that they are a multiple of, such as 15min, 1h or 7d."""
    unit = next(unit for unit, size in _UNITS.items() if secs % size == 0)
    return f"{secs // _UNITS[unit]}{unit}"


def most_frequent_step_secs(stamps: Sequence[np.ndarray], *, name: str) -> int:
    """The most frequent time between neighbouring stamps; of equally frequent ones, the shortest.

    Args:
      stamps: times of each series, int64 seconds in any order.
      name: name of the data, for messages.

    Raises:
      DataError: no series has two different stamps.
    """
    apart = np.concatenate([np.diff(np.unique(each)) for each in stamps])
    if not len(apart):
        raise DataError(
            f"{name}: the step of a series follows from its stamps where there are two at least. Received: one. Set "
            f"options.source.every."
        )
    lengths, counts = np.unique(apart, return_counts=True)
    return int(lengths[counts.argmax()])


def are_calendar_months(stamps: pd.DatetimeIndex) -> bool:
    """Whether rising stamps are whole months or years apart, which are of no fixed length."""
    has_one_hour = len((stamps - stamps.normalize()).unique()) == 1
    is_day_of_month = len(stamps.day.unique()) == 1 or bool(stamps.is_month_end.all())
    is_long = len(stamps) > 2 and (stamps[1:] - stamps[:-1]).min() >= pd.Timedelta(days=28)
    return has_one_hour and is_day_of_month and bool(is_long)
