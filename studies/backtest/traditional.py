"""Traditional forecasters: what a network has to be better than. All forecast from many origins of one series.

forecaster = SeasonalNaive(season=52)
forecaster.fit(values[:1500])
forecaster.forecast(values, origins, horizon=26)   # [origin, horizon, channel]
"""

import abc
import pickle
import warnings
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np


class TraditionalForecaster(abc.ABC):
    """A forecaster of rows that come one after the other.

    Attributes:
      name: for people.
      advice: when to prefer it.
    """

    name: ClassVar[str]
    advice: ClassVar[str]

    def __init__(self, *, season: int, lookback: int) -> None:
        """Args:
        season: rows until the series repeats itself.
        lookback: rows that a forecast may look at, where it does not look at all.
        """
        self.season = season
        self.lookback = lookback

    @abc.abstractmethod
    def fit(self, train: np.ndarray, horizon: int) -> None:
        """`train`: `[time, channel]`, NaN where missing; `horizon`: rows that will be forecast."""

    @abc.abstractmethod
    def forecast(self, values: np.ndarray, origins: Sequence[int], horizon: int) -> np.ndarray:
        """Args:
        values: `[time, channel]`, which begins with the rows that `fit` was given.
        origins: rising; the first row that each forecast is for. Only rows before it are looked at.
        horizon: rows to forecast.

        Returns:
          `[origin, horizon, channel]`.
        """

    def size_bytes(self) -> int:
        """Of what was fitted, pickled."""
        return len(pickle.dumps(self.fitted()))

    def fitted(self) -> Any:
        """Parameters; none where nothing is fitted."""
        return None

    def histories(self, values: np.ndarray, origins: Sequence[int]) -> np.ndarray:
        """`[origin, lookback, channel]`, gaps filled by the last value before."""
        filled = _carried(values)
        return np.stack([filled[origin - self.lookback : origin] for origin in origins])


class Repeat(TraditionalForecaster):
    """The last value, again and again."""

    name = "repeat"
    advice = "a series without seasons or drift, such as prices; the least that anything must beat"

    def fit(self, train: np.ndarray, horizon: int) -> None:
        """Nothing is fitted."""

    def forecast(self, values: np.ndarray, origins: Sequence[int], horizon: int) -> np.ndarray:
        return np.repeat(self.histories(values, origins)[:, -1:], horizon, axis=1)


class SeasonalNaive(TraditionalForecaster):
    """The last season, again and again."""

    name = "seasonal naive"
    advice = "a strong season and nothing else; needs no fit and no upkeep"

    def fit(self, train: np.ndarray, horizon: int) -> None:
        """Nothing is fitted."""

    def forecast(self, values: np.ndarray, origins: Sequence[int], horizon: int) -> np.ndarray:
        last = self.histories(values, origins)[:, -self.season :]
        return np.tile(last, (1, -(-horizon // self.season), 1))[:, :horizon]


class LagRegression(TraditionalForecaster):
    """Ridge regression of the whole horizon on the lags, less the last value; one matrix for all channels."""

    name = "linear regression on lags"
    advice = "thousands of rows or more and short seasons; fits in seconds and is hard to beat on stationary series"

    def fit(self, train: np.ndarray, horizon: int) -> None:
        from sklearn.linear_model import Ridge

        windows = np.lib.stride_tricks.sliding_window_view(_carried(train), self.lookback + horizon, axis=0)
        # [window, channel, row] to a row a window and channel.
        windows = windows.reshape(-1, self.lookback + horizon)
        last = windows[:, self.lookback - 1 : self.lookback]
        self._model = Ridge(alpha=1.0).fit(windows[:, : self.lookback] - last, windows[:, self.lookback :] - last)

    def forecast(self, values: np.ndarray, origins: Sequence[int], horizon: int) -> np.ndarray:
        histories = self.histories(values, origins).transpose(0, 2, 1)
        last = histories[..., -1:]
        lags = (histories - last).reshape(-1, self.lookback)
        return (self._model.predict(lags).reshape(*histories.shape[:2], horizon) + last).transpose(0, 2, 1)

    def fitted(self) -> Any:
        return self._model.coef_, self._model.intercept_


class _StateSpace(TraditionalForecaster):
    """A statsmodels state space model a channel: fitted once on train, then its state is carried on."""

    @abc.abstractmethod
    def _build(self, series: np.ndarray) -> Any:
        """An unfitted model of `[time]`."""

    def fit(self, train: np.ndarray, horizon: int) -> None:
        self._parameters = []
        for series in train.T:
            with warnings.catch_warnings():
                # It says so of fits that end at the limit of iterations; how good they are the backtest measures.
                warnings.simplefilter("ignore")
                self._parameters.append(self._build(series).fit(disp=False, maxiter=50).params)

    def forecast(self, values: np.ndarray, origins: Sequence[int], horizon: int) -> np.ndarray:
        found = np.empty((len(origins), horizon, values.shape[1]))
        for channel, parameters in enumerate(self._parameters):
            # One pass of the filter: the state that it predicts for a row knows the rows before it alone.
            filtered = self._build(values[: origins[-1] + 1, channel]).filter(parameters).filter_results
            transition, design = filtered.transition[..., 0], filtered.design[..., 0]
            states = filtered.predicted_state[:, list(origins)]
            for step in range(horizon):
                found[:, step, channel] = (design @ states)[0] + filtered.obs_intercept[0, 0]
                states = transition @ states + filtered.state_intercept[:, :1]
        return found

    def fitted(self) -> Any:
        return self._parameters


class ETS(_StateSpace):
    """Exponential smoothing with a damped trend and additive seasons (Holt-Winters)."""

    name = "ETS (Holt-Winters)"
    advice = "one short series with a trend and a season, or no accelerator and no time to train"

    def _build(self, series: np.ndarray) -> Any:
        from statsmodels.tsa.statespace.exponential_smoothing import ExponentialSmoothing

        return ExponentialSmoothing(
            _carried(series[:, None])[:, 0],
            trend=True,
            damped_trend=True,
            seasonal=self.season if self.season > 1 else None,
            initialization_method="heuristic",
        )


class SARIMA(_StateSpace):
    """ARIMA(1, 1, 1) with seasons (0, 1, 1), the airline model's, carried on by a Kalman filter."""

    name = "SARIMA(1,1,1)(0,1,1)"
    advice = "one short series, where intervals from a model and coefficients that can be read matter"

    def _build(self, series: np.ndarray) -> Any:
        from statsmodels.tsa.statespace.sarimax import SARIMAX

        seasonal = (0, 1, 1, self.season) if self.season > 1 else (0, 0, 0, 0)
        return SARIMAX(series, order=(1, 1, 1), seasonal_order=seasonal, simple_differencing=False)


TRADITIONAL: dict[str, type[TraditionalForecaster]] = {
    each.name: each for each in (Repeat, SeasonalNaive, LagRegression, ETS, SARIMA)
}


def _carried(values: np.ndarray) -> np.ndarray:
    """`[time, channel]` with gaps filled by the last value before, at the beginning by the first one after."""
    rows = np.arange(len(values))[:, None]
    last = np.maximum.accumulate(np.where(np.isnan(values), -1, rows), axis=0)
    first = np.argmax(~np.isnan(values), axis=0)
    return np.take_along_axis(values, np.where(last < 0, first, last), axis=0)
