"""State space models, fitted by statsmodels."""

import abc
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from studies.backtest.traditional.forecaster import TraditionalForecaster, carry_forward


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

    def parameters(self) -> Any:
        return self._parameters


class ETS(_StateSpace):
    """Exponential smoothing with a damped trend and additive seasons (Holt-Winters)."""

    name = "ETS (Holt-Winters)"
    advice = "one short series with a trend and a season, or no accelerator and no time to train"

    def _build(self, series: np.ndarray) -> Any:
        from statsmodels.tsa.statespace.exponential_smoothing import ExponentialSmoothing

        return ExponentialSmoothing(
            carry_forward(series[:, None])[:, 0],
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
