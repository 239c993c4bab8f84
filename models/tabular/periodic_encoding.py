"""Sines and cosines that stand for numbers.

Source: Gorishniy, Rubachev, Babenko, "On Embeddings for Numerical Features in Tabular Deep Learning", NeurIPS 2022.
"""

import math
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="slipway")
class PeriodicEncoding(keras.layers.Layer):
    """Sine and cosine of each number at learned frequencies (section 3.3, equation 3). Maps `[batch, number]` to
    `[batch, number, 2 · frequencies]`."""

    def __init__(self, *, frequencies: int, sigma: float, **kwargs: Any) -> None:
        """Args:
        frequencies: of each number.
        sigma: standard deviation of the frequencies when training begins.
        """
        super().__init__(**kwargs)
        self.frequencies = frequencies
        self.sigma = sigma

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.coefficients = self.add_weight(
            name="coefficients",
            shape=(input_shape[-1], self.frequencies),
            initializer=keras.initializers.RandomNormal(stddev=self.sigma),
        )

    def call(self, inputs: Any) -> Any:
        angles = 2 * math.pi * self.coefficients * inputs[..., None]
        return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "frequencies": self.frequencies, "sigma": self.sigma}
