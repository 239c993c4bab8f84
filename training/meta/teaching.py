"""A teacher's answers beside the labels of an episode's queries."""

from collections.abc import Callable, Mapping

import tensorflow as tf

from training.meta.learner import Episodes, Learner
from training.meta.losses import query_losses


class Teaching:
    """The share that a trained learner, the teacher, has in what a student of the same kind learns from.

    The teacher answers queries after it adapted to the same support set by itself or, where a student pre-trains on
    classes, says which of these they belong to.

    Sources: Ye et al., "Few-Shot Learning with a Strong Teacher", TPAMI 2022, for the outer loop; Tian et al.,
    "Rethinking Few-Shot Image Classification: a Good Embedding Is All You Need?", ECCV 2020, for pre-training.
    """

    def __init__(
        self, learner: Learner, *, distance: Callable[[tf.Tensor, tf.Tensor], tf.Tensor], weight: float
    ) -> None:
        """Args:
        learner: the trained teacher's layer; it is not changed.
        distance: distance of the student's outputs from the teacher's, from (teacher's, student's) `[..., query,
          output]` to `[..., query]`.
        weight: share of the distance in what the student learns from, from 0 to 1.
        """
        self._learner = learner
        self._distance = distance
        self._weight = weight

    def mix(
        self, losses: tf.Tensor, predictions: tf.Tensor, episodes: Episodes, targets: Mapping[str, tf.Tensor]
    ) -> tf.Tensor:
        """Losses of which a share is the distance from the teacher's answers, `[task, step]`.

        Args:
          losses: the student's losses by the labels, `[task, step]`.
          predictions: what the student was judged by there, `[task, step, query, output]`.
          episodes: episodes, which the teacher is asked about.
          targets: `query_weight`, `[task, query]`, 0 for padding.
        """
        answers = {"answers": self._learner.teach(episodes), "query_weight": targets["query_weight"]}
        distances = query_losses(self._distance, predictions, answers, label="answers")
        return (1 - self._weight) * losses + self._weight * distances
