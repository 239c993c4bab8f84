"""Metrics of forecasts, in NumPy: the same for TFMA, for traditional forecasters and for backtests.

Each metric is a ratio of two sums, so that windows can be added up in any order, sliced and merged. Missing values
count in neither sum.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Forecasts:
    """Windows, their future and its forecasts.

    Attributes:
      future: `[window, horizon, channel]`, NaN where missing.
      quantiles: `[window, horizon, channel, quantile]`; the middle one is the point forecast.
      levels: levels of the quantiles; empty for a point forecast.
      history: `[window, lookback, channel]`, NaN where missing.
      season: rows until the series repeats itself.
      scale: standard deviation of each channel over the train rows, `[window, channel]`.
    """

    future: np.ndarray
    quantiles: np.ndarray
    levels: Sequence[float]
    history: np.ndarray
    season: int
    scale: np.ndarray

    @property
    def point(self) -> np.ndarray:
        """The middle quantile, `[window, horizon, channel]`."""
        return self.quantiles[..., self.quantiles.shape[-1] // 2]

    def part(self, steps: slice, channel: int | None) -> "Forecasts":
        """The same windows with these steps of the horizon alone, and with one channel unless it is None."""
        channels = slice(None) if channel is None else slice(channel, channel + 1)
        return Forecasts(
            future=self.future[:, steps, channels],
            quantiles=self.quantiles[:, steps, channels],
            levels=self.levels,
            history=self.history[..., channels],
            season=self.season,
            scale=self.scale[:, channels],
        )


Sums: TypeAlias = tuple[float, float]


def _mean(values: np.ndarray) -> Sums:
    """Sum and number of the values that are not NaN."""
    return float(np.nansum(values, dtype=np.float64)), float(np.count_nonzero(~np.isnan(values)))


def mse(forecasts: Forecasts) -> Sums:
    """Mean squared error, in the series' units squared."""
    return _mean(np.square(forecasts.future - forecasts.point))


def mae(forecasts: Forecasts) -> Sums:
    """Mean absolute error, in the series' units."""
    return _mean(np.abs(forecasts.future - forecasts.point))


def scaled_mse(forecasts: Forecasts) -> Sums:
    """Mean squared error of values scaled by the train rows' standard deviation, as the literature has it on ETT and
    other series (Zhou et al., "Informer", 2021)."""
    return _mean(np.square((forecasts.future - forecasts.point) / forecasts.scale[:, None]))


def scaled_mae(forecasts: Forecasts) -> Sums:
    """Mean absolute error of values scaled as for `scaled_mse`."""
    return _mean(np.abs((forecasts.future - forecasts.point) / forecasts.scale[:, None]))


def smape(forecasts: Forecasts) -> Sums:
    """200 |y - f| / (|y| + |f|), percent (Makridakis, 1993); 0 where both are 0."""
    size = np.abs(forecasts.future) + np.abs(forecasts.point)
    error = np.abs(forecasts.future - forecasts.point)
    return _mean(200 * np.divide(error, size, out=np.where(np.isnan(size), np.nan, 0.0), where=size > 0))


def mase(forecasts: Forecasts) -> Sums:
    """The mean over windows and channels of the MAE over the seasonal naive forecast's inside the history (Hyndman,
    Koehler, 2006); without channels whose history does not vary or whose future is missing."""
    error = np.abs(forecasts.future - forecasts.point)
    season = forecasts.season
    naive = np.abs(forecasts.history[:, season:] - forecasts.history[:, :-season])
    return _mean(_mean_over_time(error) / np.where((inside := _mean_over_time(naive)) > 0, inside, np.nan))


def mae_over_naive(forecasts: Forecasts) -> Sums:
    """The MAE over that of the seasonal naive forecast for the same futures: below 1 is better than repeating."""
    observed = ~np.isnan(forecasts.future)
    naive = np.abs(forecasts.future - seasonal_naive(forecasts.history, forecasts.future.shape[1], forecasts.season))
    both = observed & ~np.isnan(naive)
    error = np.abs(forecasts.future - forecasts.point)
    return float(error[both].sum(dtype=np.float64)), float(naive[both].sum(dtype=np.float64))


def pinball(forecasts: Forecasts) -> Sums:
    """The pinball loss, the mean over quantiles (Koenker, Bassett, 1978); of a point forecast, half its MAE."""
    levels = np.asarray(forecasts.levels or (0.5,))
    error = forecasts.future[..., None] - forecasts.quantiles
    return _mean(np.maximum(levels * error, (levels - 1) * error))


def coverage(forecasts: Forecasts) -> Sums:
    """Share of the values between the lowest and the highest quantile."""
    future = forecasts.future
    inside = (future >= forecasts.quantiles[..., 0]) & (future <= forecasts.quantiles[..., -1])
    return _mean(np.where(np.isnan(future), np.nan, inside))


METRICS: dict[str, Callable[[Forecasts], Sums]] = {
    function.__name__: function
    for function in (mase, mae, mse, scaled_mae, scaled_mse, smape, mae_over_naive, pinball, coverage)
}


def compute_metric(name: str, forecasts: Forecasts) -> float:
    """The metric of that name over all windows; NaN where nothing was observed."""
    total, count = METRICS[name](forecasts)
    return total / count if count else float("nan")


def seasonal_naive(history: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """The forecast that repeats the last season.

    A missing value is replaced by the latest one whole seasons before it; NaN where there is none.

    Args:
      history: `[window, lookback, channel]`.
      horizon: rows to forecast.
      season: rows until the series repeats itself.

    Returns:
      `[window, horizon, channel]`.
    """
    seasons = history.shape[1] // season
    # [window, season's number, place in it, channel], the last season first.
    split = history[:, history.shape[1] - seasons * season :].reshape(len(history), seasons, season, -1)[:, ::-1]
    last = split[:, 0]
    for earlier in range(1, seasons):
        last = np.where(np.isnan(last), split[:, earlier], last)
    return np.tile(last, (1, -(-horizon // season), 1))[:, :horizon]


def _mean_over_time(values: np.ndarray) -> np.ndarray:
    """`[window, time, channel]` to `[window, channel]`, NaN where all are missing."""
    count = np.count_nonzero(~np.isnan(values), axis=1)
    return np.divide(np.nansum(values, axis=1), count, out=np.full(count.shape, np.nan), where=count > 0)
