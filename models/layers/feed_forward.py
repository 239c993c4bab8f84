"""The perceptron of a transformer block."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="slipway")
class FeedForward(keras.layers.Layer):
    """Two dense layers with GELU between them (Hendrycks, Gimpel, 2016). Maps `[..., dim]` to the same shape."""

    def __init__(self, *, hidden: int, is_recomputed: bool = False, **kwargs: Any) -> None:
        """Args:
        hidden: units between the two.
        is_recomputed: whether the backward pass computes them anew instead of keeping them.
        """
        super().__init__(**kwargs)
        self.hidden = hidden
        self.is_recomputed = is_recomputed

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self._hidden = keras.layers.Dense(self.hidden, activation="gelu", dtype=self.dtype_policy, name="hidden")
        self._out = keras.layers.Dense(input_shape[-1], dtype=self.dtype_policy, name="out")
        self._hidden.build(input_shape)
        self._out.build((*input_shape[:-1], self.hidden))

    def call(self, inputs: Any) -> Any:
        run = keras.remat(self._forward) if self.is_recomputed else self._forward
        return run(inputs)

    def _forward(self, inputs: Any) -> Any:
        return self._out(self._hidden(inputs))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "hidden": self.hidden, "is_recomputed": self.is_recomputed}
