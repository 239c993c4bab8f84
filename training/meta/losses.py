"""The losses of a few-shot task's examples, and their mean."""

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

import tensorflow as tf

from training.losses.episode_cross_entropy import EpisodeCrossEntropy
from training.losses.per_example import PerExample
from training.losses.regression import SquaredError

TaskLoss: TypeAlias = Literal["mse", "cross_entropy"]
# From targets and outputs of examples to the loss of each.
ExampleLoss: TypeAlias = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]

# By the names that tasks and saved learners use.
LOSSES: Mapping[TaskLoss, Callable[[], PerExample]] = {"mse": SquaredError, "cross_entropy": EpisodeCrossEntropy}


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
