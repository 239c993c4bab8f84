"""From stamped rows to a regular grid: what can be wrong with a time column, and what to do about it."""

from collections import Counter
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from data.errors import DataError
from data.series.series import Series
from data.series.step import are_calendar_months, as_length, most_frequent_step_secs

UNSORTED = "rows out of order"
DUPLICATED = "duplicated stamps"
ABSENT = "absent rows"
CUT = "cuts at long gaps"
CONSTANT = "constant channels"
SHORT = "series too short"


class Repairs(BaseModel):
    """What to do about each defect; by default the source is refused. What is repaired is counted and reported."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unsorted: Literal["refuse", "sort"] = Field("refuse", description="Rows that are not in the order of time.")
    duplicated: Literal["refuse", "first", "last", "mean"] = Field(
        "refuse", description="Which of the rows with the same stamp counts."
    )
    long_gap: Literal["refuse", "cut"] = Field(
        "refuse", description="A gap longer than the look-back; cut: no window crosses it."
    )
    constant: Literal["refuse", "keep"] = Field("refuse", description="A channel with one value in a whole series.")
    short: Literal["refuse", "skip"] = Field("refuse", description="A series shorter than a window.")
    max_absent: float = Field(0.5, ge=0, le=1, description="Largest share of a series' rows that may be absent.")


def to_grid(
    frame: pd.DataFrame, *, name: str, step_secs: int, repairs: Repairs, longest_gap: int
) -> tuple[list[Series], Counter[str]]:
    """Puts rows on a regular grid; rows that are absent become NaN.

    Args:
      frame: a row a stamp, indexed by time, of which whole seconds count; a column a channel.
      name: name of the series, for messages.
      step_secs: seconds between two rows of the grid.
      repairs: what may be repaired.
      longest_gap: most rows without any value in one place.

    Returns:
      (the series, more than one where it was cut at long gaps, how many of each repair were made).

    Raises:
      DataError: a defect that `repairs` refuses, or stamps off the grid; names the first.
    """
    counts: Counter[str] = Counter()
    frame = frame.set_axis(frame.index.floor("s"))
    frame = _drop_duplicates(_sort(frame, name, repairs, counts), name, repairs, counts)
    stamps = frame.index.to_numpy("datetime64[s]").astype(np.int64)
    places, rest = np.divmod(stamps - stamps[0], step_secs)
    if rest.any():
        if are_calendar_months(frame.index):
            raise DataError(
                f"{name}: steps must be of one length. Received: stamps that are calendar months or years apart, such "
                f"as {frame.index[0]} and {frame.index[1]}. Resample the series to days or weeks first."
            )
        wrong = int(np.flatnonzero(rest)[0])
        raise DataError(
            f"{name}: stamps must be {step_secs} seconds apart, or a multiple of that. Received: {frame.index[wrong]}, "
            f"{stamps[wrong] - stamps[wrong - 1]} seconds after the stamp before. Correct options.source.every, or "
            f"resample the series."
        )
    _check_absent(places, stamps, name, step_secs, repairs, longest_gap)
    values = np.full((int(places[-1]) + 1, frame.shape[1]), np.nan, np.float32)
    values[places] = frame.to_numpy(np.float32)
    if np.isinf(values).any():
        row, channel = np.argwhere(np.isinf(values))[0]
        raise DataError(
            f"{name}: values must be finite, or empty where they are missing. Received: {values[row, channel]} in "
            f"{frame.columns[channel]}. Mend the row, or leave it empty."
        )
    absent = len(values) - len(places)
    if absent:
        counts[ABSENT] += absent
    _check_constant(values, list(map(str, frame.columns)), name, repairs, counts)
    whole = Series(name=name, start_secs=int(stamps[0]), step_secs=step_secs, values=values)
    return _cut(whole, repairs, longest_gap, counts), counts


def _sort(frame: pd.DataFrame, name: str, repairs: Repairs, counts: Counter[str]) -> pd.DataFrame:
    backwards = np.flatnonzero(np.diff(frame.index.to_numpy()) < np.timedelta64(0))
    if not len(backwards):
        return frame
    if repairs.unsorted == "refuse":
        row = int(backwards[0]) + 1
        raise DataError(
            f"{name}: the time column must rise. Received: {frame.index[row]} after {frame.index[row - 1]} in row "
            f"{row + 1}, and {len(backwards) - 1} more such places. Sort the rows, or set "
            f"options.source.repairs.unsorted to sort."
        )
    counts[UNSORTED] += len(backwards)
    return frame.sort_index(kind="stable")


def _drop_duplicates(frame: pd.DataFrame, name: str, repairs: Repairs, counts: Counter[str]) -> pd.DataFrame:
    doubles = frame.index.duplicated()
    if not doubles.any():
        return frame
    if repairs.duplicated == "refuse":
        more = int(doubles.sum()) - 1
        raise DataError(
            f"{name}: a stamp must occur once. Received: {frame.index[doubles][0]} more than once"
            f"{f', and {more} more such rows' if more else ''}. Remove them, or set "
            f"options.source.repairs.duplicated to first, last or mean."
        )
    counts[DUPLICATED] += int(doubles.sum())
    groups = frame.groupby(level=0, sort=False)
    # Of whole rows: pandas's own first and last skip missing values.
    return groups.mean() if repairs.duplicated == "mean" else frame[~frame.index.duplicated(keep=repairs.duplicated)]


def _check_absent(
    places: np.ndarray, stamps: np.ndarray, name: str, step_secs: int, repairs: Repairs, longest_gap: int
) -> None:
    """Raises DataError where most of the grid would be invented; gaps that are cut out are not."""
    gaps = np.diff(places) - 1
    if repairs.long_gap == "cut":
        gaps = gaps[gaps <= longest_gap]
    share = gaps.sum() / (len(places) + gaps.sum())
    if share <= repairs.max_absent:
        return
    step, apart = as_length(step_secs), as_length(most_frequent_step_secs([stamps], name=name))
    advice = f"Set options.source.every to {apart}" if apart != step else "Resample the series to a longer step"
    raise DataError(
        f"{name}: at most {repairs.max_absent:.0%} of the rows of a series may be absent (repairs.max_absent). "
        f"Received: {share:.1%} absent with a row every {step}, where stamps are mostly {apart} apart. {advice}, or "
        f"raise options.source.repairs.max_absent."
    )


def _check_constant(values: np.ndarray, channels: list[str], name: str, repairs: Repairs, counts: Counter[str]) -> None:
    observed = ~np.isnan(values)
    lowest = np.where(observed, values, np.inf).min(axis=0)
    highest = np.where(observed, values, -np.inf).max(axis=0)
    constant = [channel for channel, low, high in zip(channels, lowest, highest, strict=True) if low >= high]
    if constant and repairs.constant == "refuse":
        raise DataError(
            f"{name}: a channel must vary. Received: {', '.join(constant)}, with one value or none. Leave it out of "
            f"options.source.columns, or set options.source.repairs.constant to keep."
        )
    if constant:
        counts[CONSTANT] += len(constant)


def _cut(whole: Series, repairs: Repairs, longest_gap: int, counts: Counter[str]) -> list[Series]:
    """The series without the gaps that are too long, in as many pieces."""
    observed = np.flatnonzero(~np.isnan(whole.values).all(axis=1))
    gaps = np.diff(observed) - 1
    long = np.flatnonzero(gaps > longest_gap)
    if not len(long):
        return [whole]
    if repairs.long_gap == "refuse":
        at = whole.times_secs[observed[long[0]]]
        raise DataError(
            f"{whole.name}: a gap must be no longer than the look-back, {longest_gap} rows. Received: "
            f"{gaps[long[0]]} rows without a value after {np.datetime64(int(at), 's')}, and {len(long) - 1} more such "
            f"gaps. Choose a longer look-back, or set options.source.repairs.long_gap to cut."
        )
    counts[CUT] += len(long)
    ends = [*(observed[long] + 1), len(whole.values)]
    starts = [0, *observed[long + 1]]
    times = whole.times_secs
    return [
        Series(name=whole.name, start_secs=int(times[a]), step_secs=whole.step_secs, values=whole.values[a:b])
        for a, b in zip(starts, ends, strict=True)
    ]
