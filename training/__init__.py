"""The custom training loop, without TFX."""

from training.loop import EpochRecord, Loop
from training.objective import Objective, SupervisedObjective

__all__ = ["EpochRecord", "Loop", "Objective", "SupervisedObjective"]
