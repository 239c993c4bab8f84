"""Stopping when the held-out loss no longer falls."""

import keras
import numpy as np


class EarlyStopping:
    """Keeps the weights of the lowest monitored value; asks to stop after `patience` epochs without a new lowest.

    Source: Prechelt, "Early Stopping - But When?", 1998, criterion UP with the best weights restored.
    """

    def __init__(self, *, patience: int, min_delta: float = 0.0) -> None:
        """Raises ValueError when `patience` is below one or `min_delta` is negative."""
        if patience < 1 or min_delta < 0:
            raise ValueError(
                f"patience must be at least 1 and min_delta at least 0. "
                f"Received: patience={patience}, min_delta={min_delta}"
            )
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.epochs_since_best = 0
        self._best_weights: list[np.ndarray] = []

    @property
    def should_stop(self) -> bool:
        return self.epochs_since_best >= self.patience

    def update(self, value: float, model: keras.Model) -> bool:
        """Takes one epoch's value; returns whether it is the best so far."""
        if value < self.best - self.min_delta:
            self.best = value
            self.epochs_since_best = 0
            self._best_weights = model.get_weights()
            return True
        self.epochs_since_best += 1
        return False

    def restore(self, model: keras.Model) -> None:
        """Gives the model the best weights seen; keeps its own where no epoch was seen."""
        if self._best_weights:
            model.set_weights(self._best_weights)
