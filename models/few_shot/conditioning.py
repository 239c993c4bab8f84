"""Context variables as an input: scales and shifts of features."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="slipway")
class FiLM(keras.layers.Layer):
    """Scales and shifts each channel: (1 + a) · x + b, with a and b linear in the context.

    Takes features `[example, ..., channel]` and context `[example, variable]`. A context of zeros changes nothing, and
    at the start only the variables have a gradient that depends on the features. Source: Perez et al., "FiLM: Visual
    Reasoning with a General Conditioning Layer", AAAI 2018.
    """

    def build(self, input_shape: Any) -> None:
        features, context = input_shape
        shape = (context[-1], 2 * features[-1])
        self.kernel = self.add_weight(name="kernel", shape=shape, initializer="glorot_uniform")

    def call(self, inputs: list[Any]) -> Any:
        features, context = inputs
        scale, shift = ops.split(ops.matmul(context, self.kernel), 2, axis=-1)
        shape = (-1, *[1] * (len(features.shape) - 2), features.shape[-1])
        return (1 + ops.reshape(scale, shape)) * features + ops.reshape(shift, shape)

    def compute_output_shape(self, input_shape: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        return input_shape[0]
