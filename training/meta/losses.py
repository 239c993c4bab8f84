"""The losses of a few-shot task's examples, and their mean."""

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

import tensorflow as tf

from training.losses.episode_cross_entropy import EpisodeCrossEntropy
from training.losses.per_example import PerExample
from training.losses.regression import SquaredError

TaskLoss: TypeAlias = Literal["mse", "cross_entropy"]

# By the names that tasks and saved learners use.
LOSSES: Mapping[TaskLoss, Callable[[], PerExample]] = {"mse": SquaredError, "cross_entropy": EpisodeCrossEntropy}


def mean_over(losses: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """The weighted mean over the last axis, `[..., example]` to `[...]`; 0 where nothing weighs."""
    total = tf.reduce_sum(weights, axis=-1)
    return tf.reduce_sum(losses * weights, axis=-1) / tf.maximum(total, tf.ones_like(total) * 1e-12)
