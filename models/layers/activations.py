"""Activations by name."""

from typing import Any

import keras
from keras import ops

# Keras's own, by the names they have there. Mish: Misra, BMVC 2020, equation 1. hard_swish: Howard et al.,
# "Searching for MobileNetV3", ICCV 2019, section 5.2.
NAMES = ("relu", "relu6", "leaky_relu", "elu", "gelu", "silu", "mish", "hard_swish", "learnable_swish")


def activation(name: str) -> keras.layers.Layer:
    """A new layer that computes the activation.

    Raises:
      ValueError: no activation has this name.
    """
    if name not in NAMES:
        raise ValueError(f"An activation must be one of {', '.join(NAMES)}. Received: {name!r}")
    return LearnableSwish() if name == "learnable_swish" else keras.layers.Activation(name)


@keras.saving.register_keras_serializable(package="slipway")
class LearnableSwish(keras.layers.Layer):
    """x · sigmoid(beta · x), with one beta for each channel, learned from 1 on.

    Between half the identity (beta 0) and ReLU (beta to infinity).
    Source: Ramachandran, Zoph, Le, "Searching for Activation Functions", 2017, section 4.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.beta = self.add_weight(name="beta", shape=(input_shape[-1],), initializer="ones")

    def call(self, inputs: Any) -> Any:
        return inputs * ops.sigmoid(self.beta * inputs)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape
