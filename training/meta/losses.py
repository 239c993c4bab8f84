"""Losses of one task's examples, made of operations whose gradients TFLite knows too."""

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

import tensorflow as tf

TaskLoss: TypeAlias = Literal["mse", "cross_entropy"]
# From targets and outputs of examples to the loss of each.
ExampleLoss: TypeAlias = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def squared_error(targets: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """The mean over outputs: targets and outputs, both `[..., example, output]`, to `[..., example]`."""
    return tf.reduce_mean(tf.square(outputs - targets), axis=-1)


def cross_entropy(targets: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Labels `[..., example]` and logits `[..., example, class]` to `[..., example]`; 0 where the label is negative."""
    chosen = tf.one_hot(targets, outputs.shape[-1], dtype=outputs.dtype)
    return -tf.reduce_sum(chosen * tf.nn.log_softmax(outputs), axis=-1)


LOSSES: dict[str, ExampleLoss] = {"mse": squared_error, "cross_entropy": cross_entropy}


def mean_over(losses: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """The weighted mean over the last axis, `[..., example]` to `[...]`; 0 where all weights are 0."""
    total = tf.reduce_sum(weights, axis=-1)
    return tf.reduce_sum(losses * weights, axis=-1) / tf.maximum(total, tf.ones_like(total) * 1e-12)


def query_losses(
    loss: ExampleLoss, predictions: tf.Tensor, targets: Mapping[str, tf.Tensor], *, label: str = "query_y"
) -> tf.Tensor:
    """The mean loss of each task's queries after each inner step, `[task, step]`.

    Args:
      loss: maps labels and predictions of queries to a loss for each.
      predictions: predictions of queries, `[task, step, query, output]`.
      targets: the labels, `[task, query, ...]`, and `query_weight`, `[task, query]`, 0 for padding.
      label: name of the labels among the targets.
    """
    losses = loss(targets[label][:, None], predictions)
    return mean_over(losses, tf.broadcast_to(targets["query_weight"][:, None], tf.shape(losses)))
