"""Overlapping segments of a series that hold every window of it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Segment:
    """Rows of a series that are stored together.

    Attributes:
      index: index of the series.
      start: first row of the segment in the series.
      length: number of rows; those after the series' last one are NaN.
      windows: how many windows begin in it, at its first row and the ones after it.
      rows: how many of its rows, from the first on, no later segment holds again.
    """

    index: int
    start: int
    length: int
    windows: int
    rows: int


def train_segments(rows: int, *, window: int, index: int = 0, start: int = 0) -> list[Segment]:
    """Segments of one length that hold each window of a series exactly once; none where there is no window.

    Their length in all is at most 2 × rows, and for long series 1.5 × rows.

    Args:
      rows: number of rows of the series, or of the part of it that is cut.
      window: rows of a window.
      index: index of the series, which the segments get.
      start: row of the series that the part begins with.
    """
    count = rows - window + 1
    if count < 1:
        return []
    number = -(-count // (2 * window)) if rows > 3 * window - 1 else 1
    each = -(-count // number)
    segments = []
    for first in range(0, count, each):
        windows = min(each, count - first)
        is_last = first + windows == count
        own = rows - first if is_last else windows
        segments.append(Segment(index=index, start=start + first, length=each + window - 1, windows=windows, rows=own))
    return segments
