"""Losses by name, as configs write them."""

from collections.abc import Mapping
from typing import Any

from training.losses.contrastive import SupCon
from training.losses.cross_entropy import CrossEntropy, Focal
from training.losses.distillation import Distillation, OutputDifference
from training.losses.episode_cross_entropy import EpisodeCrossEntropy
from training.losses.per_example import PerExample
from training.losses.regression import AbsoluteError, Huber, Pinball, SquaredError

LOSSES: Mapping[str, type[PerExample]] = {
    "cross_entropy": CrossEntropy,
    "focal": Focal,
    "episode_cross_entropy": EpisodeCrossEntropy,
    "mse": SquaredError,
    "mae": AbsoluteError,
    "huber": Huber,
    "pinball": Pinball,
    "sup_con": SupCon,
    "distillation": Distillation,
    "output_difference": OutputDifference,
}


def loss(name: str, **options: Any) -> PerExample:
    """A loss by its name. Raises ValueError for an unknown name."""
    if name not in LOSSES:
        raise ValueError(f"A loss must be one of {', '.join(LOSSES)}. Received: {name!r}")
    return LOSSES[name](**options)
