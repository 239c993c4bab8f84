"""Losses of one task's examples, of operations whose gradients TFLite knows too."""

from collections.abc import Callable
from typing import Literal, TypeAlias

import tensorflow as tf

TaskLoss: TypeAlias = Literal["mse", "cross_entropy"]


def squared_error(targets: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """`[..., example, output]` twice to `[..., example]`."""
    return tf.reduce_mean(tf.square(outputs - targets), axis=-1)


def cross_entropy(targets: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Labels `[..., example]` and logits `[..., example, class]` to `[..., example]`; 0 where the label is negative."""
    chosen = tf.one_hot(targets, outputs.shape[-1], dtype=outputs.dtype)
    return -tf.reduce_sum(chosen * tf.nn.log_softmax(outputs), axis=-1)


LOSSES: dict[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor]] = {"mse": squared_error, "cross_entropy": cross_entropy}


def mean_over(losses: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """The weighted mean over the last axis, `[..., example]` to `[...]`; 0 where nothing weighs."""
    total = tf.reduce_sum(weights, axis=-1)
    return tf.reduce_sum(losses * weights, axis=-1) / tf.maximum(total, tf.ones_like(total) * 1e-12)
