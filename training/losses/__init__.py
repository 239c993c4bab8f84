"""Losses: each gives one value an example, is registered by name and survives serialization."""

from training.losses.contrastive import SupCon
from training.losses.cross_entropy import CrossEntropy, Focal
from training.losses.distillation import Distillation, OutputDifference
from training.losses.per_example import PerExample
from training.losses.registry import loss
from training.losses.regression import SquaredError
from training.losses.weighted_sum import LossTerm, WeightedSum

__all__ = [
    "CrossEntropy",
    "Distillation",
    "Focal",
    "LossTerm",
    "OutputDifference",
    "PerExample",
    "SquaredError",
    "SupCon",
    "WeightedSum",
    "loss",
]
