"""Sums of losses and metrics over batches, and their means over all examples."""

import math
from collections.abc import Mapping

import tensorflow as tf

from training.objective import Metric, Ratio

# How many examples a batch has, among its sums.
EXAMPLES = "examples"
# Of the vector that sums are kept in, which exists before an objective tells how many it reports.
COLUMNS = 32


def sums_of(losses: tf.Tensor, metrics: Mapping[str, Metric]) -> dict[str, tf.Tensor]:
    """Sums over a batch of the loss, of each metric and of what a Ratio counts, and the number of EXAMPLES."""
    values = {"loss": losses}
    for name, metric in metrics.items():
        values |= {name: metric.total, _counts(name): metric.count} if isinstance(metric, Ratio) else {name: metric}
    sums = {name: tf.reduce_sum(tf.cast(value, tf.float32)) for name, value in values.items()}
    return {**sums, EXAMPLES: tf.cast(tf.size(losses), tf.float32)}


def means(sums: Mapping[str, float]) -> dict[str, float]:
    """The mean of the loss and of each metric, over examples or over what a Ratio counts; NaN where that is nothing.

    Args:
      sums: as `sums_of` names them, over any number of batches.
    """
    counted = set(map(_counts, sums))
    return {
        name: total / count if (count := sums.get(_counts(name), sums[EXAMPLES])) else math.nan
        for name, total in sums.items()
        if name != EXAMPLES and name not in counted
    }


class MetricSums:
    """Sums over the batches of several steps, added up inside graphs and over replicas."""

    def __init__(self) -> None:
        """To be made under the strategy's scope."""
        self._sums = tf.Variable(
            tf.zeros(COLUMNS),
            trainable=False,
            synchronization=tf.VariableSynchronization.ON_READ,
            aggregation=tf.VariableAggregation.SUM,
        )
        self._take = tf.function(self._take_in_graph)
        self._names: list[str] = []

    def add(self, losses: tf.Tensor, metrics: Mapping[str, Metric]) -> None:
        """Takes in a batch; runs inside a graph.

        Raises:
          ValueError: there are too many metrics.
        """
        sums = sums_of(losses, metrics)
        if len(sums) > COLUMNS:
            raise ValueError(
                f"An objective may report at most {COLUMNS - 2} metrics, a ratio counting twice. "
                f"Received: {len(sums) - 2}"
            )
        # Known once the objective was traced; the same for training and evaluation.
        self._names = list(sums)
        totals = list(sums.values())
        self._sums.assign_add(tf.pad(tf.stack(totals), [[0, COLUMNS - len(totals)]]))

    def take(self) -> dict[str, float]:
        """The sums since the last call, as `means` takes them."""
        return dict(zip(self._names, self._take().numpy().tolist(), strict=False))

    def _take_in_graph(self) -> tf.Tensor:
        sums = tf.convert_to_tensor(self._sums)
        with tf.control_dependencies([sums]):
            self._sums.assign(tf.zeros(COLUMNS))
        return sums


def _counts(metric: str) -> str:
    return f"{metric}: count"
