"""Reptile's outer loss."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from training.meta.gradient_learner import GradientLearner
from training.meta.learner import Episodes
from training.meta.losses import ExampleLoss, query_losses
from training.meta.outer_loss import Targets
from training.meta.teaching import Teaching


class StartDistance:
    """Half the squared distance of the start from what each task's inner loop made of it.

    Its gradient is the step of Reptile: Nichol, Achiam, Schulman, "On First-Order Meta-Learning Algorithms", 2018,
    equation 2. A teacher's share is learned from as in first-order MAML, as Reptile itself looks at no query.
    """

    def __init__(self, *, loss: ExampleLoss, teaching: Teaching | None) -> None:
        """Args:
        loss: maps labels and predictions of queries to a loss for each; it is reported and not minimized.
        teaching: a teacher's share in the loss; None without a teacher.
        """
        self._loss = loss
        self._teaching = teaching
        self.layers: Sequence[keras.layers.Layer] = ()

    def __call__(self, learner: GradientLearner, episodes: Episodes, targets: Targets) -> tuple[tf.Tensor, tf.Tensor]:
        """As `OuterLoss`."""
        adapted = learner.adapt(episodes)
        distances = [
            tf.reduce_sum(tf.square(start[None] - tf.stop_gradient(values)), axis=range(1, len(values.shape)))
            for start, values in zip(learner.start(), adapted, strict=True)
        ]
        predictions = learner.predict(adapted, episodes)[:, None]
        losses, learned = query_losses(self._loss, predictions, targets), tf.add_n(distances)[:, None] / 2
        if self._teaching is not None:
            learned = self._teaching.mix(learned, predictions, episodes, targets)
        return learned[:, 0], losses[:, 0]
