"""Prototypical networks: a class is the mean of its embedded support examples."""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from training.meta.per_example import per_example


@keras.saving.register_keras_serializable(package="slipway")
class PrototypeLearner(keras.layers.Layer):
    """Predicts queries by their distance from the classes' prototypes.

    Takes episodes as GradientLearner does, with classes `support_y` `[task, shot]`. Gives logits `[task, 1, query,
    class]`: the negative squared Euclidean distance over the embedding's size. A class without support has no
    prototype and gets the lowest logit. Batch normalization inside the network has running statistics: queries never
    see each other. Source: Snell, Swersky, Zemel, "Prototypical Networks for Few-shot Learning", NeurIPS 2017.
    """

    def __init__(self, *, network: keras.Model, way: int, **kwargs: Any) -> None:
        """Args:
        network: from `x` `[example, ...]` to embeddings `[example, feature]`.
        way: classes of an episode.
        """
        super().__init__(**kwargs)
        self.network = network
        self.way = way

    def call(self, inputs: Mapping[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        prototypes, is_there = self.adapt(inputs, training=training)
        return self.predict([prototypes, is_there], inputs, training=training)[:, None]

    def adapt(self, support: Mapping[str, tf.Tensor], training: bool = False) -> list[tf.Tensor]:
        """Prototypes `[task, class, feature]`, and 1 for those there are, `[task, class]`."""
        embedded = self._embed(support["support_x"], training)
        chosen = tf.one_hot(support["support_y"], self.way, dtype=embedded.dtype)
        chosen *= support["support_weight"][..., None]
        counts = tf.reduce_sum(chosen, axis=1)
        sums = tf.matmul(chosen, embedded, transpose_a=True)
        return [sums / tf.maximum(counts, 1.0)[..., None], tf.cast(counts > 0, embedded.dtype)]

    def predict(self, adapted: list[tf.Tensor], episodes: Mapping[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        """Logits `[task, query, class]` by what `adapt` gave."""
        prototypes, is_there = adapted
        queries = self._embed(episodes["query_x"], training)
        # |q - p|² without a tensor of all differences.
        products = tf.matmul(queries, prototypes, transpose_b=True)
        distances = (
            tf.reduce_sum(tf.square(queries), axis=-1)[..., None]
            - 2 * products
            + tf.reduce_sum(tf.square(prototypes), axis=-1)[:, None]
        )
        return -distances / queries.shape[-1] - 1e9 * (1 - is_there)[:, None]

    def compute_output_shape(self, input_shape: Mapping[str, Any]) -> tuple[int | None, ...]:
        tasks, queries = input_shape["query_x"][:2]
        return (tasks, 1, queries, self.way)

    def get_config(self) -> dict[str, Any]:
        network = keras.saving.serialize_keras_object(self.network)
        return {**super().get_config(), "network": network, "way": self.way}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "PrototypeLearner":
        return cls(**{**config, "network": keras.saving.deserialize_keras_object(config["network"])})

    def _embed(self, examples: tf.Tensor, training: bool) -> tf.Tensor:
        return per_example(lambda x: self.network({"x": x}, training=training), examples)
