"""From what an objective tells of each example to what is told of all."""

import math
from collections.abc import Mapping

import tensorflow as tf

from training.objective import Metric, Ratio

# How many examples a batch has, among its sums.
EXAMPLES = "examples"


def sums_of(losses: tf.Tensor, metrics: Mapping[str, Metric]) -> dict[str, tf.Tensor]:
    """Sums over a batch of the loss, of each metric and of what a Ratio counts, and the number of EXAMPLES."""
    values = {"loss": losses}
    for name, metric in metrics.items():
        values |= {name: metric.total, _counts(name): metric.count} if isinstance(metric, Ratio) else {name: metric}
    sums = {name: tf.reduce_sum(tf.cast(value, tf.float32)) for name, value in values.items()}
    return {**sums, EXAMPLES: tf.cast(tf.size(losses), tf.float32)}


def means(sums: Mapping[str, float]) -> dict[str, float]:
    """Of the loss and each metric, over examples or over what a Ratio counts; not a number where there is nothing."""
    counted = set(map(_counts, sums))
    return {
        name: total / count if (count := sums.get(_counts(name), sums[EXAMPLES])) else math.nan
        for name, total in sums.items()
        if name != EXAMPLES and name not in counted
    }


def _counts(metric: str) -> str:
    return f"{metric}: count"
