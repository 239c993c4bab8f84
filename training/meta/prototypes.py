"""Prototypical networks: a class is the mean of its embedded support examples."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from models.few_shot.names import X
from training.meta.learner import Episodes, Learner
from training.meta.per_example import per_example


@keras.saving.register_keras_serializable(package="slipway")
class PrototypeLearner(Learner):
    """Predicts queries by their distance from the classes' prototypes.

    Takes episodes of classes. Gives logits `[task, 1, query, class]`: the negative squared Euclidean distance, divided
    by the embedding's size. A class without support has no prototype and gets the lowest logit. Batch normalization in
    the network has running statistics, so that queries never see each other. Source: Snell, Swersky, Zemel,
    "Prototypical Networks for Few-shot Learning", NeurIPS 2017.
    """

    def __init__(self, *, way: int, **kwargs: Any) -> None:
        """Args:
        way: number of classes in an episode.
        """
        super().__init__(**kwargs)
        self.way = way

    def call(self, inputs: Episodes, training: bool = False) -> tf.Tensor:
        return self.predict(self.adapt(inputs, training=training), inputs, training=training)[:, None]

    def predictions(self, episodes: Episodes, *, steps: Sequence[int], training: bool = False) -> tf.Tensor:
        """The one prediction, `[task, 1, query, class]`, whatever the steps: there are none."""
        return self(episodes, training=training)

    def adapt(self, support: Episodes, training: bool = False) -> list[tf.Tensor]:
        """Prototypes `[task, class, feature]`, and 1 for each class that has one, else 0, `[task, class]`."""
        embedded = self._embed(support["support_x"], training)
        chosen = tf.one_hot(support["support_y"], self.way, dtype=embedded.dtype)
        chosen *= support["support_weight"][..., None]
        counts = tf.reduce_sum(chosen, axis=1)
        sums = tf.matmul(chosen, embedded, transpose_a=True)
        return [sums / tf.maximum(counts, 1.0)[..., None], tf.cast(counts > 0, embedded.dtype)]

    def predict(self, adapted: Sequence[tf.Tensor], episodes: Episodes, training: bool = False) -> tf.Tensor:
        """Logits `[task, query, class]`, out of what `adapt` returned."""
        prototypes, is_there = adapted
        queries = self._embed(episodes["query_x"], training)
        # |q - p|² without a tensor of all differences.
        products = tf.matmul(queries, prototypes, transpose_b=True)
        distances = (
            tf.reduce_sum(tf.square(queries), axis=-1)[..., None]
            - 2 * products
            + tf.reduce_sum(tf.square(prototypes), axis=-1)[:, None]
        )
        # Within what half precision holds, too.
        absent = min(1e9, float(queries.dtype.max) / 2)
        return -distances / queries.shape[-1] - absent * (1 - is_there)[:, None]

    def task_values(self, support: Episodes) -> list[tf.Tensor]:
        """The prototypes alone: a client knows which classes it has."""
        return self.adapt(support)[:1]

    def compute_output_shape(self, input_shape: Mapping[str, Any]) -> tuple[int | None, ...]:
        tasks, queries = input_shape["query_x"][:2]
        return (tasks, 1, queries, self.way)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "way": self.way}

    def _embed(self, examples: tf.Tensor, training: bool) -> tf.Tensor:
        return per_example(lambda x: self.network({X: x}, training=training), examples)
