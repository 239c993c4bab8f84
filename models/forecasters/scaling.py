"""Layers that scale a series on the way in, and back on the way out."""

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="slipway")
class Standardization(keras.layers.Layer):
    """Subtracts a location and divides by a scale for each channel, which are set rather than trained.

    In float32 whatever the policy: in half precision a series that is far from zero would lose what varies.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        shape = (input_shape[-1],)
        self.location = self.add_weight(name="location", shape=shape, initializer="zeros", trainable=False)
        self.scale = self.add_weight(name="scale", shape=shape, initializer="ones", trainable=False)

    def set(self, *, location: np.ndarray, scale: np.ndarray) -> None:
        """Sets location and scale, both `[channel]`; the scale is above zero."""
        self.location.assign(location)
        self.scale.assign(scale)

    def call(self, inputs: Any, is_inverse: bool = False) -> Any:
        """`[batch, time, channel]` to the same; the inverse takes `[batch, time, channel, quantile]`."""
        if not is_inverse:
            return (ops.cast(inputs, "float32") - self.location) / self.scale
        return ops.cast(inputs, "float32") * self.scale[:, None] + self.location[:, None]

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {name: value for name, value in config.items() if name != "dtype"}


@keras.saving.register_keras_serializable(package="slipway")
class ReversibleInstanceNorm(keras.layers.Layer):
    """Takes each window's own mean and deviation away, and gives them back to the forecast.

    Source: Kim et al., "Reversible Instance Normalization for Accurate Time-Series Forecasting against Distribution
    Shift", ICLR 2022, equations 2 to 4.

    normalized, mean, deviation = norm(history)
    forecast = norm(network(normalized), mean, deviation)
    """

    def __init__(self, *, is_affine: bool = False, epsilon: float = 1e-5, **kwargs: Any) -> None:
        """`is_affine`: whether a factor and an offset for each channel are learned (equation 3)."""
        super().__init__(**kwargs)
        self.is_affine = is_affine
        self.epsilon = epsilon

    def build(self, inputs_shape: tuple[int | None, ...], mean_shape: Any = None, deviation_shape: Any = None) -> None:
        if self.is_affine:
            shape = (inputs_shape[-1],)
            self.factor = self.add_weight(name="factor", shape=shape, initializer="ones")
            self.offset = self.add_weight(name="offset", shape=shape, initializer="zeros")

    def call(self, inputs: Any, mean: Any = None, deviation: Any = None, is_future: bool = False) -> Any:
        """`[batch, time, channel]` to (the same, normalized; mean and deviation `[batch, 1, channel]`); or, given these
        two, a forecast `[batch, horizon, channel, quantile]` back to its units; or, with `is_future`, other rows
        `[batch, time, channel]` normalized by them."""
        if mean is None:
            mean = ops.mean(inputs, axis=1, keepdims=True)
            deviation = ops.sqrt(ops.mean(ops.square(inputs - mean), axis=1, keepdims=True) + self.epsilon)
            return self._normalize(inputs, mean, deviation), mean, deviation
        if is_future:
            return self._normalize(inputs, mean, deviation)
        if self.is_affine:
            inputs = (inputs - self.offset[:, None]) / (self.factor[:, None] + self.epsilon**2)
        return inputs * deviation[..., None] + mean[..., None]

    def _normalize(self, inputs: Any, mean: Any, deviation: Any) -> Any:
        normalized = (inputs - mean) / deviation
        return normalized * self.factor + self.offset if self.is_affine else normalized

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "is_affine": self.is_affine, "epsilon": self.epsilon}
