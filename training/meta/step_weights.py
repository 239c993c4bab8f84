"""Which inner steps the outer loop learns from, over time."""

import keras
import tensorflow as tf


class AnnealedSteps(keras.layers.Layer):
    """Weights of the query losses after each inner step: equal at first, all on the last step in the end.

    Source: Antoniou, Edwards, Storkey, "How to train your MAML", ICLR 2019, section 4 (multi-step loss). Counts the
    outer steps itself, in a variable that checkpoints hold.
    """

    def __init__(self, inner_steps: int, anneal_steps: int) -> None:
        """Args:
        inner_steps: how many weights there are.
        anneal_steps: outer steps until the last one has all weight.
        """
        super().__init__(name="annealed_steps")
        self.inner_steps = inner_steps
        self.anneal_steps = anneal_steps
        self.count = self.add_weight(name="count", shape=(), initializer="zeros", trainable=False)
        self.built = True

    def next_weights(self) -> tf.Tensor:
        """`[step]`, adding up to 1; counts one outer step."""
        done = tf.minimum(self.count.value / self.anneal_steps, 1.0)
        self.count.assign_add(1.0)
        even = tf.fill([self.inner_steps], tf.cast(1 / self.inner_steps, done.dtype))
        return (1 - done) * even + done * tf.one_hot(self.inner_steps - 1, self.inner_steps, dtype=done.dtype)
