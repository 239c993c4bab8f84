"""Positions of tokens: sinusoidal, learned and rotary."""

from typing import Any

import keras
import numpy as np
from keras import ops

BASE = 10_000.0


def sinusoidal(tokens: int, dim: int) -> np.ndarray:
    """`[token, dim]`: sines of the position at falling frequencies in the even places, cosines in the odd ones.

    Source: Vaswani et al., "Attention Is All You Need", NeurIPS 2017, section 3.5.

    Raises:
      ValueError: dim is odd.
    """
    _check_even(dim)
    angles = np.arange(tokens)[:, None] * _frequencies(dim)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(tokens, dim).astype(np.float32)


def rotate(x: Any, *, start: int = 0) -> Any:
    """Turns each pair (x[i], x[i + dim / 2]) by the token's position times a frequency of its own.

    The dot product of two rotated vectors depends on how far apart they stand, not on where.
    Source: Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding", 2021, equation 34, with halves
    paired instead of neighbours.

    Args:
      x: `[batch, head, token, dim]`, dim even.
      start: position of the first token.
    """
    tokens, dim = x.shape[-2:]
    _check_even(dim)
    angles = (start + np.arange(tokens))[:, None] * _frequencies(dim)
    cosine, sine = (ops.cast(ops.convert_to_tensor(f(angles), "float32"), x.dtype) for f in (np.cos, np.sin))
    first, second = x[..., : dim // 2], x[..., dim // 2 :]
    return ops.concatenate([first * cosine - second * sine, second * cosine + first * sine], axis=-1)


@keras.saving.register_keras_serializable(package="slipway")
class PositionEmbedding(keras.layers.Layer):
    """Adds a learned vector to each place. Maps `[batch, token, dim]` to the same shape.

    Source: Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021, equation 1.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        start = keras.initializers.TruncatedNormal(stddev=0.02)
        self.positions = self.add_weight(name="positions", shape=tuple(input_shape[1:]), initializer=start)

    def call(self, inputs: Any) -> Any:
        return inputs + self.positions

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape


@keras.saving.register_keras_serializable(package="slipway")
class SinusoidalPositions(keras.layers.Layer):
    """Adds `sinusoidal`. Maps `[batch, token, dim]` to the same shape."""

    def __init__(self, *, start: int = 0, **kwargs: Any) -> None:
        """`start`: position of the first token."""
        super().__init__(**kwargs)
        self.start = start

    def call(self, inputs: Any) -> Any:
        tokens, dim = inputs.shape[1:]
        table = sinusoidal(self.start + tokens, dim)[self.start :]
        return inputs + ops.cast(ops.convert_to_tensor(table), inputs.dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "start": self.start}


def _frequencies(dim: int) -> np.ndarray:
    return BASE ** (-np.arange(0, dim, 2) / dim)


def _check_even(dim: int) -> None:
    if dim % 2:
        raise ValueError(f"Positions need an even number of dimensions. Received: {dim}")
