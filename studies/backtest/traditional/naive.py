"""Forecasters that repeat what was."""

from collections.abc import Sequence

import numpy as np

from studies.backtest.traditional.forecaster import TraditionalForecaster


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
