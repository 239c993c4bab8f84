"""What a training step minimizes and what it reports."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import keras
import tensorflow as tf

Outputs = Mapping[str, tf.Tensor]


class Objective(Protocol):
    """Turns a batch into a loss. A task that adapts inside the step (an inner loop) implements this itself."""

    def __call__(self, model: keras.Model, batch: Any, *, training: bool) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Returns (loss `[example]` without regularization terms, {metric name: `[example]`}); runs inside a graph."""


class SupervisedObjective:
    """Loss and metrics of `(inputs, targets)` batches, after an optional augmentation of the inputs."""

    def __init__(
        self,
        *,
        loss: Callable[[tf.Tensor, Outputs], tf.Tensor],
        metrics: Mapping[str, Callable[[tf.Tensor, Outputs], tf.Tensor]],
        augment: Callable[[Mapping[str, tf.Tensor]], Mapping[str, tf.Tensor]] | None = None,
    ) -> None:
        """Args:
        loss: maps targets and the model's named outputs to `[example]`.
        metrics: the same for each reported metric.
        augment: maps a batch of inputs to another, in training only.
        """
        self.loss = loss
        self.metrics = dict(metrics)
        self.augment = augment

    def __call__(self, model: keras.Model, batch: Any, *, training: bool) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        inputs, targets = batch
        if training and self.augment is not None:
            inputs = self.augment(inputs)
        outputs = model(inputs, training=training)
        metrics = {name: metric(targets, outputs) for name, metric in self.metrics.items()}
        return self.loss(targets, outputs), metrics
