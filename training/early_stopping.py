"""Stopping when the held-out loss no longer falls."""

from collections.abc import Sequence
from typing import Any

import numpy as np


class EarlyStopping:
    """Keeps the weights of the lowest monitored value; asks to stop after `patience` epochs without a new lowest, or
    never, where `patience` is None.

    Source: Prechelt, "Early Stopping - But When?", 1998, criterion UP with the best weights restored.
    """

    def __init__(self, *, patience: int | None, min_delta: float = 0.0) -> None:
        """Raises ValueError when `patience` is below one or `min_delta` is negative."""
        if (patience is not None and patience < 1) or min_delta < 0:
            raise ValueError(
                f"patience must be at least 1 and min_delta at least 0. "
                f"Received: patience={patience}, min_delta={min_delta}"
            )
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.epochs_since_best = 0
        # The weights of the best epoch; empty before the first.
        self.best_weights: Sequence[np.ndarray] = ()

    @property
    def should_stop(self) -> bool:
        """Whether there was no new lowest value for `patience` epochs."""
        return self.patience is not None and self.epochs_since_best >= self.patience

    def update(self, value: float) -> bool:
        """Takes one epoch's value; returns whether it is the best so far, whose weights the caller then hands in."""
        if value < self.best - self.min_delta:
            self.best = value
            self.epochs_since_best = 0
            return True
        self.epochs_since_best += 1
        return False

    def state(self) -> dict[str, Any]:
        """What `restore` takes, JSON-serializable; the weights aside."""
        return {"best": self.best, "epochs_since_best": self.epochs_since_best}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from what `state` gave."""
        self.best, self.epochs_since_best = state["best"], state["epochs_since_best"]
