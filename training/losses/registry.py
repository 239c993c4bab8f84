"""Losses by name, as configs write them."""

from typing import Any

import keras

from training.losses.contrastive import SupCon
from training.losses.cross_entropy import CrossEntropy, Focal
from training.losses.distillation import Distillation

LOSSES: dict[str, type[keras.losses.Loss]] = {
    "cross_entropy": CrossEntropy,
    "focal": Focal,
    "sup_con": SupCon,
    "distillation": Distillation,
}


def loss(name: str, **options: Any) -> keras.losses.Loss:
    """A loss by its name. Raises ValueError for a name that is none."""
    if name not in LOSSES:
        raise ValueError(f"A loss must be one of {', '.join(LOSSES)}. Received: {name!r}")
    return LOSSES[name](**options)
