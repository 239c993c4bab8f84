"""A trainable factor for each channel."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="slipway")
class ChannelScale(keras.layers.Layer):
    """Multiplies each channel by a factor of its own, learned from `initial` on.

    Close to zero at the start, it makes a residual branch start small (LayerScale: Touvron et al., "Going deeper with
    Image Transformers", ICCV 2021, equation 4). `models.graph.folding.fold` multiplies the factors into the
    preceding kernel, after which they cost nothing. Maps `[..., channel]` to the same shape.
    """

    def __init__(self, initial: float = 1.0, **kwargs: Any) -> None:
        """Args:
        initial: initial value of every factor.
        """
        super().__init__(**kwargs)
        self.initial = initial

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        start = keras.initializers.Constant(self.initial)
        self.scale = self.add_weight(name="scale", shape=(input_shape[-1],), initializer=start)

    def call(self, inputs: Any) -> Any:
        return inputs * self.scale

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "initial": self.initial}
