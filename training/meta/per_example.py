"""Networks of single examples, applied to the examples of all tasks as one batch."""

from collections.abc import Callable

import tensorflow as tf


def per_example(network: Callable[[tf.Tensor], tf.Tensor], examples: tf.Tensor) -> tf.Tensor:
    """What a network makes of each example of several tasks, `[task, example, *output]`.

    Args:
      network: maps `[example, ...]` to `[example, *output]`.
      examples: examples of several tasks, `[task, example, ...]`.
    """
    flat = tf.reshape(examples, tf.concat([[-1], tf.shape(examples)[2:]], axis=0))
    outputs = network(tf.ensure_shape(flat, [None, *examples.shape[2:]]))
    return tf.reshape(outputs, tf.concat([tf.shape(examples)[:2], outputs.shape[1:]], axis=0))
