"""Vectors that stand for numbers.

Source: Gorishniy, Rubachev, Babenko, "On Embeddings for Numerical Features in Tabular Deep Learning", NeurIPS 2022.
"""

import math
from typing import Any

import keras
import numpy as np
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


@keras.saving.register_keras_serializable(package="slipway")
class PiecewiseLinearEncoding(keras.layers.Layer):
    """How far each of a number's bins is filled (section 3.2, equation 1). Maps `[batch, number]` to `[batch, number,
    bin]`.

    A bin that lies below the number is 1, one above it 0, and the one around it between; the first bin goes on below
    and the last one above. The bins are set rather than trained.
    """

    def __init__(self, *, bins: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bins = bins

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        shape = (input_shape[-1], self.bins)
        self.starts = self.add_weight(name="starts", shape=shape, initializer="zeros", trainable=False)
        # One over the width; 0 for a bin that is not there.
        self.slopes = self.add_weight(name="slopes", shape=shape, initializer="zeros", trainable=False)
        self.first = self.add_weight(name="first", shape=shape, initializer="zeros", trainable=False)
        self.last = self.add_weight(name="last", shape=shape, initializer="zeros", trainable=False)

    def set(self, values: np.ndarray) -> None:
        """Sets bins between the quantiles of the train split's numbers (section 3.2.1), `[example, number]`; equal
        quantiles are one."""
        weights = {name: np.zeros(self.starts.shape, np.float32) for name in ("starts", "slopes", "first", "last")}
        for number, column in enumerate(values.T):
            edges = np.unique(np.quantile(column.astype(np.float64), np.linspace(0, 1, self.bins + 1)))
            count = len(edges) - 1
            if count:
                weights["starts"][number, :count] = edges[:-1]
                weights["slopes"][number, :count] = 1 / np.diff(edges)
                weights["first"][number, 0] = weights["last"][number, count - 1] = 1
        for name, value in weights.items():
            getattr(self, name).assign(value)

    def call(self, inputs: Any) -> Any:
        filled = (inputs[..., None] - self.starts) * self.slopes
        inside = ops.minimum(ops.maximum(filled, 0.0), 1.0)
        below = ops.minimum(filled, 0.0) * self.first
        above = (ops.maximum(filled, 1.0) - 1.0) * self.last
        return inside + below + above

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "bins": self.bins}


@keras.saving.register_keras_serializable(package="slipway")
class LinearEach(keras.layers.Layer):
    """A linear map of its own for each number, and ReLU (section 3.4). Maps `[batch, number, encoding]` to `[batch,
    number, dim]`."""

    def __init__(self, *, dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dim = dim

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        _, numbers, size = input_shape
        limit = keras.initializers.RandomUniform(-1 / math.sqrt(size), 1 / math.sqrt(size))
        self.kernel = self.add_weight(name="kernel", shape=(numbers, size, self.dim), initializer=limit)
        self.bias = self.add_weight(name="bias", shape=(numbers, self.dim), initializer="zeros")

    def call(self, inputs: Any) -> Any:
        # Products of matrices, a number at a time: the batch in the middle, as they are exported.
        by_number = ops.transpose(inputs, (1, 0, 2))
        return ops.relu(ops.transpose(ops.matmul(by_number, self.kernel), (1, 0, 2)) + self.bias)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dim": self.dim}
