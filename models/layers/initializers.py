"""Initializers by name."""

from typing import Any

import keras
import numpy as np
from keras import ops

NAMES = ("he_normal", "he_uniform", "lecun_normal", "lecun_uniform", "glorot_uniform", "delta_orthogonal")


def initializer(name: str) -> keras.initializers.Initializer:
    """A new initializer of kernels.

    Raises:
      ValueError: no initializer has this name.
    """
    if name not in NAMES:
        raise ValueError(f"An initializer must be one of {', '.join(NAMES)}. Received: {name!r}")
    return DeltaOrthogonal() if name == "delta_orthogonal" else keras.initializers.get(name)


@keras.saving.register_keras_serializable(package="slipway")
class DeltaOrthogonal(keras.initializers.Initializer):
    """An orthogonal matrix in the kernel's middle, zeros elsewhere: the convolution starts as an isometry.

    With more inputs than outputs, which admits no isometry, the matrix has orthonormal columns; a kernel that has no
    single middle takes the one after it. For kernels of depthwise or grouped convolutions use another.
    Source: Xiao et al., "Dynamical Isometry and a Mean Field Theory of CNNs", ICML 2018, algorithm 1.
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        """Args:
        gain: what the matrix is multiplied by; sqrt(2) makes up for ReLU.
        seed: seed of the matrix; None draws one.
        """
        self.gain = gain
        self.seed = seed
        self._orthogonal = keras.initializers.Orthogonal(gain=gain, seed=seed)

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        """A kernel of `[height, width, input channel, output channel]`."""
        *window, inputs, outputs = shape
        matrix = self._orthogonal((inputs, outputs), dtype=dtype)
        middle = np.zeros([*window, 1, 1], np.float32)
        middle[tuple(size // 2 for size in window)] = 1.0
        return matrix * ops.cast(middle, matrix.dtype)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain, "seed": self.seed}
