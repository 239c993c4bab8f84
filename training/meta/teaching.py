"""A teacher's answers beside the labels of an episode's queries."""

from collections.abc import Callable

import tensorflow as tf

from training.meta.class_fine_tuner import ClassFineTuner
from training.meta.gradient_learner import Episodes, GradientLearner
from training.meta.losses import mean_over
from training.meta.prototypes import PrototypeLearner


class Teaching:
    """What a student is told of its queries by a trained learner of the same kind, which adapted to the same support
    set by itself; or, where a student pre-trains on classes, of these.

    Sources: Ye et al., "Few-Shot Learning with a Strong Teacher", TPAMI 2022, for the outer loop; Tian et al.,
    "Rethinking Few-Shot Image Classification: a Good Embedding Is All You Need?", ECCV 2020, for pre-training.
    """

    def __init__(
        self,
        learner: GradientLearner | PrototypeLearner,
        *,
        distance: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
        weight: float,
    ) -> None:
        """Args:
        learner: the trained teacher's; it is not changed.
        distance: from (the teacher's outputs, the student's), `[..., query, output]`, to `[..., query]`.
        weight: share of the distance in what the student learns from.
        """
        self._learner = learner
        self._distance = distance
        self._weight = weight

    def answers(self, episodes: Episodes) -> tf.Tensor:
        """The adapted teacher's, `[task, 1, query, output]`: like labels the same, whichever of its steps a student
        learns from."""
        return self._learner.predict(self._learner.adapt(episodes), episodes)[:, None]

    def class_answers(self, examples: tf.Tensor) -> tf.Tensor:
        """Over all classes that were pre-trained on, `[task, query, class]`."""
        assert isinstance(self._learner, ClassFineTuner), "students learn as their teachers do"
        return self._learner.pretrain(examples, training=False)

    def mixed(self, losses: tf.Tensor, theirs: tf.Tensor, ours: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        """Losses with the share of the teacher, `[task, ...]`.

        Args:
          losses: without it.
          theirs: the teacher's answers; broadcast.
          ours: the student's, `[task, ..., query, output]`.
          weights: of the queries, 0 for padding; broadcast.
        """
        distances = self._distance(theirs, ours)
        taught = mean_over(distances, tf.broadcast_to(weights, tf.shape(distances)))
        return (1 - self._weight) * losses + self._weight * taught
