"""Which inner steps the outer loop learns from, and how much from each."""

from collections.abc import Sequence
from typing import Protocol

import keras
import tensorflow as tf


class StepWeights(Protocol):
    """Weights of the query losses after some inner steps.

    Attributes:
      steps: numbers of these inner steps, in rising order.
      layers: layers whose variables checkpoints hold.
    """

    steps: Sequence[int]
    layers: Sequence[keras.layers.Layer]

    def next_weights(self) -> tf.Tensor:
        """The weights of one outer step, `[step]`, adding up to 1."""


class EvenSteps:
    """The same weight for each step, always."""

    def __init__(self, steps: Sequence[int]) -> None:
        """Args:
        steps: numbers of inner steps, in rising order.
        """
        self.steps: Sequence[int] = list(steps)
        self.layers: Sequence[keras.layers.Layer] = ()

    def next_weights(self) -> tf.Tensor:
        count = len(self.steps)
        return tf.fill([count], tf.cast(1 / count, keras.config.floatx()))


class AnnealedSteps(keras.layers.Layer):
    """The same weight for each step at first, all on the last one in the end.

    Source: Antoniou, Edwards, Storkey, "How to train your MAML", ICLR 2019, section 4 (multi-step loss). Counts the
    outer steps itself, in a variable that checkpoints hold.
    """

    def __init__(self, inner_steps: int, anneal_steps: int) -> None:
        """Args:
        inner_steps: number of the last inner step; the first one is 1.
        anneal_steps: outer steps until the last one has all weight.
        """
        super().__init__(name="annealed_steps")
        self.inner_steps = inner_steps
        self.anneal_steps = anneal_steps
        self.count = self.add_weight(name="count", shape=(), initializer="zeros", trainable=False)
        self.built = True

    @property
    def layers(self) -> Sequence[keras.layers.Layer]:
        """Itself, for the count of outer steps."""
        return (self,)

    @property
    def steps(self) -> Sequence[int]:
        """From the first to the last."""
        return range(1, self.inner_steps + 1)

    def next_weights(self) -> tf.Tensor:
        """`[step]`, adding up to 1; counts one outer step."""
        done = tf.minimum(self.count.value / self.anneal_steps, 1.0)
        self.count.assign_add(1.0)
        even = tf.fill([self.inner_steps], tf.cast(1 / self.inner_steps, done.dtype))
        return (1 - done) * even + done * tf.one_hot(self.inner_steps - 1, self.inner_steps, dtype=done.dtype)
