"""Metrics of episodes for TFMA: the mean over episodes after an inner step, and its confidence interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from tasks.tfma_inputs import label_and_prediction

# Standard deviations on either side of the mean that hold 95 % of a normal distribution.
Z_95 = 1.959964


def squared_error(labels: np.ndarray, outputs: np.ndarray) -> float:
    """The mean squared error of queries, of labels `[query]` and outputs `[query, 1]`."""
    return float(np.mean((outputs[:, 0] - labels) ** 2))


def accuracy(labels: np.ndarray, outputs: np.ndarray) -> float:
    """The share of queries whose highest logit is their label's, of labels `[query]` and outputs `[query, class]`."""
    return float(np.mean(np.argmax(outputs, axis=-1) == labels))


METRICS: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {"mse": squared_error, "accuracy": accuracy}


class EpisodeMetric(tfma.metrics.Metric):
    """The mean over episodes of a metric after an inner step, or half the width of its 95 % confidence interval."""

    def __init__(self, *, name: str, metric: str, step: int, queries: int, outputs: int, is_interval: bool) -> None:
        """Args:
        name: name of the TFMA metric.
        metric: metric of one episode, by its name in METRICS.
        step: number of inner steps after which the predictions are judged.
        queries: number of queries that the longest episode has.
        outputs: numbers predicted of each query.
        is_interval: whether it is half the interval, 1.96 standard errors of the mean, instead of the mean.
        """
        super().__init__(
            tfma.metrics.metric_util.merge_per_key_computations(_computations),
            name=name,
            metric=metric,
            step=step,
            queries=queries,
            outputs=outputs,
            is_interval=is_interval,
        )

    @staticmethod
    def example_ratio(moments: Moments, config: Mapping[str, Any]) -> tuple[float, float] | None:
        """What episodes add to both sums of their mean; None for the interval, which is no mean."""
        count, mean, _ = moments
        return None if config["is_interval"] else (count * mean, float(count))


def _computations(
    name: str,
    metric: str,
    step: int,
    queries: int,
    outputs: int,
    is_interval: bool,
    eval_config: config_pb2.EvalConfig | None = None,
    model_name: str = "",
    output_name: str = "",
    example_weighted: bool = False,
) -> tfma.metrics.MetricComputations:
    key = tfma.metrics.MetricKey(
        name=name, model_name=model_name, output_name=output_name, example_weighted=example_weighted
    )
    combiner = _Moments(
        key,
        metric=METRICS[metric],
        step=step,
        shape=(-1, queries, outputs),
        is_interval=is_interval,
        model_name=model_name,
        eval_config=eval_config,
    )
    return [tfma.metrics.MetricComputation(keys=[key], preprocessors=None, combiner=combiner)]


# Episodes, their mean, and the sum of squares about it.
Moments = tuple[int, float, float]


class _Moments(beam.CombineFn):
    """Count, mean and sum of squares about it, merged as in Chan, Golub, LeVeque, 1979."""

    def __init__(
        self,
        key: tfma.metrics.MetricKey,
        *,
        metric: Callable[[np.ndarray, np.ndarray], float],
        step: int,
        shape: tuple[int, int, int],
        is_interval: bool,
        model_name: str,
        eval_config: config_pb2.EvalConfig | None,
    ) -> None:
        self._key = key
        self._metric = metric
        self._step = step
        self._shape = shape
        self._is_interval = is_interval
        self._model_name = model_name
        self._eval_config = eval_config

    def create_accumulator(self) -> Moments:
        return 0, 0.0, 0.0

    def add_input(self, moments: Moments, element: Any) -> Moments:
        label, prediction = label_and_prediction(element, eval_config=self._eval_config, model_name=self._model_name)
        labels = np.ravel(label)
        outputs = np.reshape(prediction, self._shape)[self._step, : len(labels)]
        return self.merge_accumulators([moments, (1, self._metric(labels, outputs), 0.0)])

    def merge_accumulators(self, accumulators: Iterable[Moments]) -> Moments:
        count, mean, squares = 0, 0.0, 0.0
        for more, their_mean, their_squares in accumulators:
            if more:
                total = count + more
                squares += their_squares + (their_mean - mean) ** 2 * count * more / total
                mean += (their_mean - mean) * more / total
                count = total
        return count, mean, squares

    def extract_output(self, moments: Moments) -> dict[tfma.metrics.MetricKey, float]:
        count, mean, squares = moments
        if not self._is_interval:
            return {self._key: mean if count else math.nan}
        return {self._key: Z_95 * math.sqrt(squares / (count - 1) / count) if count > 1 else math.nan}
