"""Optimizers: Keras's own, with parameter groups and with their update in one kernel where TensorFlow has it."""

from training.optimizers.build import optimizer
from training.optimizers.fused import FusedAdam, FusedSGD

__all__ = ["FusedAdam", "FusedSGD", "optimizer"]
