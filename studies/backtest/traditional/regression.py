"""Linear regression on lags."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from studies.backtest.traditional.forecaster import TraditionalForecaster, carry_forward


class LagRegression(TraditionalForecaster):
    """Ridge regression of the whole horizon on the lags, less the last value; one matrix for all channels."""

    name = "linear regression on lags"
    advice = "thousands of rows or more and short seasons; fits in seconds and is hard to beat on stationary series"

    def fit(self, train: np.ndarray, horizon: int) -> None:
        from sklearn.linear_model import Ridge

        windows = np.lib.stride_tricks.sliding_window_view(carry_forward(train), self.lookback + horizon, axis=0)
        # [window, channel, row] to a row a window and channel.
        windows = windows.reshape(-1, self.lookback + horizon)
        last = windows[:, self.lookback - 1 : self.lookback]
        self._model = Ridge(alpha=1.0).fit(windows[:, : self.lookback] - last, windows[:, self.lookback :] - last)

    def forecast(self, values: np.ndarray, origins: Sequence[int], horizon: int) -> np.ndarray:
        histories = self.histories(values, origins).transpose(0, 2, 1)
        last = histories[..., -1:]
        lags = (histories - last).reshape(-1, self.lookback)
        return (self._model.predict(lags).reshape(*histories.shape[:2], horizon) + last).transpose(0, 2, 1)

    def parameters(self) -> Any:
        return self._model.coef_, self._model.intercept_
