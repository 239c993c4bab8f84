"""Losses: each gives one value an example, is registered by name and survives serialization. Those of forecast values,
which are told which of them were observed, are functions in `training.losses.regression`."""

from training.losses.contrastive import SupCon
from training.losses.cross_entropy import CrossEntropy, Focal
from training.losses.distillation import Distillation
from training.losses.registry import loss
from training.losses.weighted_sum import LossTerm, WeightedSum

__all__ = [
    "CrossEntropy",
    "Distillation",
    "Focal",
    "LossTerm",
    "SupCon",
    "WeightedSum",
    "loss",
]
