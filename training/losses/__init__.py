"""Losses: each gives one value an example, is registered by name and survives serialization."""

from training.losses.contrastive import NTXent, SupCon
from training.losses.cross_entropy import CrossEntropy, Focal
from training.losses.distillation import Distillation
from training.losses.registry import loss
from training.losses.regression import Huber, Quantile
from training.losses.weighted_sum import LossTerm, WeightedSum

__all__ = [
    "CrossEntropy",
    "Distillation",
    "Focal",
    "Huber",
    "LossTerm",
    "NTXent",
    "Quantile",
    "SupCon",
    "WeightedSum",
    "loss",
]
