"""What a traditional forecaster has to do."""

import abc
import pickle
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
        """Size of what was fitted, pickled."""
        return len(pickle.dumps(self.parameters()))

    def parameters(self) -> Any:
        """What was fitted; None where nothing is."""
        return None

    def histories(self, values: np.ndarray, origins: Sequence[int]) -> np.ndarray:
        """`[origin, lookback, channel]`, gaps filled by the last value before."""
        filled = carry_forward(values)
        return np.stack([filled[origin - self.lookback : origin] for origin in origins])


def carry_forward(values: np.ndarray) -> np.ndarray:
    """`[time, channel]` with NaN filled by the last value before, at the beginning by the first one after."""
    rows = np.arange(len(values))[:, None]
    last = np.maximum.accumulate(np.where(np.isnan(values), -1, rows), axis=0)
    first = np.argmax(~np.isnan(values), axis=0)
    return np.take_along_axis(values, np.where(last < 0, first, last), axis=0)
