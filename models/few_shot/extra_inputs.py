"""Learned constants beside a network's input, which adapt with its weights."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="slipway")
class ExtraInputs(keras.layers.Layer):
    """`[example, input]` to `[example, input + extra]`: the same learned numbers beside every example.

    They are a bias of the first layer whose gradient is multiplied by that layer's weights: a step of the inner loop
    goes further than on a bias alone. Source: Finn et al., "One-Shot Visual Imitation Learning via
    Meta-Learning", CoRL 2017, section 4.2 (bias transformation).
    """

    def __init__(self, extra: int, **kwargs: Any) -> None:
        """Args:
        extra: number of constants.
        """
        super().__init__(**kwargs)
        self.extra = extra

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.values = self.add_weight(name="values", shape=(self.extra,), initializer="zeros")

    def call(self, x: Any) -> Any:
        return ops.concatenate([x, ops.tile(ops.expand_dims(self.values, 0), (ops.shape(x)[0], 1))], axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, int]) -> tuple[int | None, int]:
        return (input_shape[0], input_shape[1] + self.extra)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "extra": self.extra}
