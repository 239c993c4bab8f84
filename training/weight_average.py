"""An exponential moving average of the weights."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import keras
import tensorflow as tf


class WeightAverage:
    """Averages a model's float variables, normalization statistics among them, after each step.

    Source: Polyak, Juditsky, 1992, in the exponential form of Szegedy et al., CVPR 2016, section 8. The decay starts
    low, min(decay, (1 + step) / (10 + step)), as in tf.train.ExponentialMovingAverage, so that the start is forgotten.
    """

    def __init__(self, variables: Sequence[keras.Variable], *, decay: float) -> None:
        """Raises ValueError when `decay` is not between zero and one."""
        if not 0 < decay < 1:
            raise ValueError(f"The decay of a weight average must be between 0 and 1. Received: {decay}")
        self.decay = decay
        self._averaged = [v for v in variables if v.dtype in ("float16", "bfloat16", "float32", "float64")]
        # Out of a tensor: made out of a variable, Keras's would be that variable.
        self.variables = [
            keras.Variable(tf.convert_to_tensor(v.value), trainable=False, name=f"average_{v.name}")
            for v in self._averaged
        ]

    def update(self, step: tf.Tensor) -> None:
        """Takes in the model's weights after `step` steps; runs inside a graph."""
        step = tf.cast(step, tf.float32)
        share = 1.0 - tf.minimum(self.decay, (1.0 + step) / (10.0 + step))
        for average, variable in zip(self.variables, self._averaged, strict=True):
            difference = tf.convert_to_tensor(variable.value) - tf.convert_to_tensor(average.value)
            average.value.assign_add(tf.cast(share, difference.dtype) * difference)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The model holds the average inside this context, and its own weights again afterwards."""
        own = [variable.numpy() for variable in self._averaged]
        self.copy_to_model()
        try:
            yield
        finally:
            for variable, value in zip(self._averaged, own, strict=True):
                variable.assign(value)

    def copy_to_model(self) -> None:
        """Gives the model the average for good."""
        for variable, average in zip(self._averaged, self.variables, strict=True):
            variable.assign(average.value)
