"""The guard against overfitting: what to do when the held-out loss leaves the train loss behind."""

from enum import Enum
from typing import Any

from training.options import GapRatioOptions


class Verdict(Enum):
    """What a gap ratio asks for."""

    FINE = "fine"
    WARN = "warn"
    CUT_LEARNING_RATE = "cut_learning_rate"
    STOP = "stop"


def gap_ratio(train_loss: float, validation_loss: float) -> float:
    """(validation loss - train loss) / train loss, of the same metric without regularization terms.

    A train loss of zero with a held-out one above it is an infinite gap.
    """
    if train_loss == 0:
        return 0.0 if validation_loss == 0 else float("inf")
    return (validation_loss - train_loss) / abs(train_loss)


class GapRatioGuard:
    """Warns at once; acts when the ratio stayed above the second bound for `patience` epochs on end."""

    def __init__(self, options: GapRatioOptions) -> None:
        self.options = options
        self.epochs_above = 0

    def update(self, ratio: float) -> Verdict:
        """Takes one epoch's ratio."""
        options = self.options
        self.epochs_above = self.epochs_above + 1 if ratio > options.act else 0
        if self.epochs_above >= options.patience:
            # A cut gets as long to work as the gap got to show.
            self.epochs_above = 0
            return Verdict(options.action)
        return Verdict.WARN if ratio > options.warn else Verdict.FINE

    def state(self) -> dict[str, Any]:
        """What `restore` takes, JSON-serializable."""
        return {"epochs_above": self.epochs_above}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from what `state` gave."""
        self.epochs_above = state["epochs_above"]
