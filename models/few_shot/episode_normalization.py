"""Batch normalization by statistics of chosen examples."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="slipway")
class EpisodeNormalization(keras.layers.Layer):
    """Normalizes channels by the weighted mean and variance of the examples of one call; keeps no running statistics.

    Takes features `[example, ..., channel]` and weights `[example]`, and gives features of the same shape. Weights of 1
    for all are MAML's way, in which queries are normalized by each other (transductive): the prediction of one depends
    on the others. With 1 for the support set and 0 for the queries it does not. The two differ: see Bronskill et al.,
    "TaskNorm: Rethinking Batch Normalization for Meta-Learning", ICML 2020.
    """

    def __init__(self, epsilon: float = 1e-3, **kwargs: Any) -> None:
        """Args:
        epsilon: number that is added to the variance.
        """
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape: Any) -> None:
        channels = (input_shape[0][-1],)
        self.gamma = self.add_weight(name="gamma", shape=channels, initializer="ones")
        self.beta = self.add_weight(name="beta", shape=channels, initializer="zeros")

    def call(self, inputs: list[Any]) -> Any:
        features, weights = inputs
        share = ops.reshape(weights / ops.sum(weights), (-1, *[1] * (len(features.shape) - 1)))
        places = tuple(range(1, len(features.shape) - 1))

        def mean(values: Any) -> Any:
            within = ops.mean(values, axis=places, keepdims=True) if places else values
            return ops.sum(share * within, axis=0, keepdims=True)

        centred = features - mean(features)
        return centred * ops.rsqrt(mean(ops.square(centred)) + self.epsilon) * self.gamma + self.beta

    def compute_output_shape(self, input_shape: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "epsilon": self.epsilon}
