"""Where in the test range forecasts start."""

import numpy as np

from data.series.series import Series
from studies.errors import StudyError
from tasks.forecasting import Forecasting


class RollingOrigins:
    """The series of a task, each with the rows of its test range that a forecast starts at.

    Attributes:
      parts: (series, origins) of each series with a window in the test range; an origin is the first row of a forecast.
      every: rows between two origins.
    """

    def __init__(self, task: Forecasting, *, every: int) -> None:
        """Args:
        task: whose series, look-back, horizon and test range.
        every: rows between two origins.

        Raises:
          StudyError: no window of the test range is long enough.
        """
        self.every = every
        options, windows = task.options, task.source()
        self._lookback, self._horizon, self._bounds = options.lookback, options.horizon, windows.bounds()
        self.parts: list[tuple[Series, list[int]]] = []
        for series in windows.read().series:
            first, last = np.searchsorted(series.times_secs, self._bounds["test"])
            origins = range(max(int(first), self._lookback), int(last) - self._horizon + 1, every)
            if len(origins):
                self.parts.append((series, list(origins)))
        if not self.parts:
            raise StudyError("A backtest needs one window in the test range. Received: none. Give it more time.")

    def __len__(self) -> int:
        return sum(len(origins) for _, origins in self.parts)

    def train_rows(self, series: Series) -> int:
        """How many rows of a series are before the end of the train range."""
        return int(np.searchsorted(series.times_secs, self._bounds["train"][1]))

    def futures(self) -> np.ndarray:
        """What came: `[origin, horizon, channel]`, NaN where missing."""
        return np.concatenate([series.values[rows_at(origins, 0, self._horizon)] for series, origins in self.parts])

    def histories(self) -> np.ndarray:
        """What was known: `[origin, lookback, channel]`, NaN where missing."""
        return np.concatenate([series.values[rows_at(origins, -self._lookback, 0)] for series, origins in self.parts])


def rows_at(origins: list[int], start: int, end: int) -> np.ndarray:
    """Rows from `start` up to but without `end`, counted from each origin: `[origin, row]`."""
    return np.asarray(origins)[:, None] + np.arange(start, end)
