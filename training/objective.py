"""What a training step minimizes and what it reports."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

import keras
import tensorflow as tf

Outputs = Mapping[str, tf.Tensor]


class Ratio(NamedTuple):
    """A metric of which examples hold different numbers of values: over many, it is total over count.

    Attributes:
      total: of an example's values, `[example]`.
      count: of them, `[example]`; zero where there is nothing to measure.
    """

    total: tf.Tensor
    count: tf.Tensor


# `[example]`, of which the mean is told, or a Ratio.
Metric: TypeAlias = tf.Tensor | Ratio


class Objective(Protocol):
    """Turns a batch into a loss. A task that adapts inside the step (an inner loop) implements this itself."""

    @property
    def layers(self) -> Sequence[keras.layers.Layer]:
        """What the objective owns beside the model, such as augmentation or learned weights of losses.

        Their variables are trained and checkpointed with the model's, and are not exported.
        """

    def __call__(self, model: keras.Model, batch: Any, *, training: bool) -> tuple[tf.Tensor, dict[str, Metric]]:
        """Returns (loss `[example]` without regularization terms, {metric name: Metric}); runs inside a graph."""


class SupervisedObjective:
    """Loss and metrics of `(inputs, targets)` batches, after an optional augmentation of both."""

    def __init__(
        self,
        *,
        loss: Callable[[Any, Outputs], tf.Tensor],
        metrics: Mapping[str, Callable[[Any, Outputs], tf.Tensor]],
        augment: Callable[[Any, Any], tuple[Any, Any]] | None = None,
        layers: Sequence[keras.layers.Layer] = (),
    ) -> None:
        """Args:
        loss: maps targets and the model's named outputs to `[example]`.
        metrics: the same for each reported metric; with targets as they were before augmentation.
        augment: maps a batch of inputs and targets to another, in training only.
        layers: whose variables `loss` and `augment` use.
        """
        self.loss = loss
        self.metrics = dict(metrics)
        self.augment = augment
        self.layers = tuple(layers)

    def __call__(self, model: keras.Model, batch: Any, *, training: bool) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        inputs, targets = batch
        soft_targets = targets
        if training and self.augment is not None:
            inputs, soft_targets = self.augment(inputs, targets)
        outputs = model(inputs, training=training)
        metrics = {name: metric(targets, outputs) for name, metric in self.metrics.items()}
        return self.loss(soft_targets, outputs), metrics
