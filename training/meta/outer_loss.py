"""What the outer loop minimizes."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

import keras
import tensorflow as tf

from training.meta.learner import Episodes, Learner
from training.meta.losses import ExampleLoss, query_losses
from training.meta.step_weights import StepWeights
from training.meta.teaching import Teaching

Targets: TypeAlias = Mapping[str, tf.Tensor]


class OuterLoss(Protocol):
    """A loss of episodes.

    Attributes:
      layers: layers whose variables checkpoints hold.
    """

    layers: Sequence[keras.layers.Layer]

    def __call__(self, learner: Learner, episodes: Episodes, targets: Targets) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns (loss that is minimized, loss of the queries by their labels alone), both `[task]`; runs inside a
        graph."""


class QueryLoss:
    """The loss of the queries after some of the inner steps."""

    def __init__(self, *, loss: ExampleLoss, step_weights: StepWeights, teaching: Teaching | None) -> None:
        """Args:
        loss: maps labels and predictions of queries to a loss for each.
        step_weights: the inner steps, and what each counts for.
        teaching: a teacher's share in the loss; None without a teacher.
        """
        self._loss = loss
        self._step_weights = step_weights
        self._teaching = teaching
        self.layers = step_weights.layers

    def __call__(self, learner: Learner, episodes: Episodes, targets: Targets) -> tuple[tf.Tensor, tf.Tensor]:
        weights = self._step_weights.next_weights()
        predictions = learner.outer_predictions(episodes, steps=self._step_weights.steps)
        losses = query_losses(self._loss, predictions, targets, label=learner.outer_label)
        learned = losses
        if self._teaching is not None:
            learned = self._teaching.mix(losses, predictions, episodes, targets)
        return tf.linalg.matvec(learned, weights), losses[:, -1]
