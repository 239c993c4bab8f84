"""What single test examples contribute to metrics that are means over examples, or ratios of sums."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from tensorflow_model_analysis.metrics import metric_types

from components.evaluator.paired_test import IS_RIGHT
from tasks.base import EvalMetric, Task
from tasks.metric_values import MetricComputer

# Those after are of parts of the examples, such as steps of a horizon.
MAX_METRICS = 8
# Keras 2's own, below which it takes no logarithm.
EPSILON = 1e-7

Ratio: TypeAlias = tuple[float, float]
"""What an example adds to the numerator and to the denominator of a metric."""

Contribution: TypeAlias = Callable[[np.ndarray, np.ndarray, Mapping[str, Any]], Ratio]
"""Of an example's label, prediction and features."""


class ExampleValues:
    """The contributions to a task's metrics, of which `metrics` are the names.

    Metrics that TFMA has of Keras are computed here, for it takes milliseconds for a single example; a class in a
    module of its own is asked by its `example_ratio`, a function of an example's accumulator and the metric's config.
    Metrics of neither kind, such as AUC, are left out.
    """

    def __init__(self, task: Task) -> None:
        known = {metric.name: _contribution(task, metric) for metric in task.metrics()[:MAX_METRICS]}
        self._contributions = {name: found for name, found in known.items() if found is not None}
        self.metrics = tuple(self._contributions)

    def of(self, label: np.ndarray, prediction: np.ndarray, features: Mapping[str, Any]) -> list[Ratio]:
        """The contributions of an example, in the order of `metrics`."""
        return [contribution(label, prediction, features) for contribution in self._contributions.values()]


def _contribution(task: Task, metric: EvalMetric) -> Contribution | None:
    if metric.module:
        return _by_accumulator(task, metric)
    if metric.class_name not in MEANS:
        return None
    value = MEANS[metric.class_name]
    needs_one = metric.class_name not in ERRORS

    def contribution(label: np.ndarray, prediction: np.ndarray, features: Mapping[str, Any]) -> Ratio:
        given, said = np.ravel(label), np.ravel(prediction)
        # Of labels of many parts it is not known here how their predictions lie.
        if given.size != (1 if needs_one else said.size):
            return np.nan, np.nan
        return value(given, said, metric.config), 1.0

    return contribution


def _by_accumulator(task: Task, metric: EvalMetric) -> Contribution | None:
    found = getattr(importlib.import_module(metric.module), metric.class_name)
    ratio: Callable[[Any, Mapping[str, Any]], Ratio | None] | None = getattr(found, "example_ratio", None)
    if ratio is None:
        return None
    computer = MetricComputer(task, metric)
    if ratio(computer.accumulate([])[0], metric.config) is None:
        return None

    def contribution(label: np.ndarray, prediction: np.ndarray, features: Mapping[str, Any]) -> Ratio:
        example = metric_types.StandardMetricInputs(
            labels=label,
            predictions={task.prediction_key: prediction},
            example_weights=np.ones(1, np.float32),
            features=dict(features),
        )
        return ratio(computer.accumulate([example])[0], metric.config) or (np.nan, np.nan)

    return contribution


def _is_right(class_name: str) -> Callable[[np.ndarray, np.ndarray, Mapping[str, Any]], float]:
    return lambda label, prediction, config: float(IS_RIGHT[class_name](label, prediction[None], config)[0])


def _cross_entropy(label: np.ndarray, prediction: np.ndarray, config: Mapping[str, Any]) -> float:
    shares = prediction / prediction.sum()
    return float(-np.log(np.clip(shares[int(label[0])], EPSILON, 1 - EPSILON)))


def _binary_cross_entropy(label: np.ndarray, prediction: np.ndarray, config: Mapping[str, Any]) -> float:
    probability = np.clip(prediction[0], EPSILON, 1 - EPSILON)
    return float(-np.log(probability if label[0] else 1 - probability))


# {class of Keras: its value of one example}, of the label and the prediction `[output]`: of one class, or of numbers.
ERRORS: Mapping[str, Callable[[np.ndarray, np.ndarray, Mapping[str, Any]], float]] = {
    "MeanAbsoluteError": lambda label, prediction, config: float(np.mean(np.abs(prediction - label))),
    "MeanSquaredError": lambda label, prediction, config: float(np.mean((prediction - label) ** 2)),
}
MEANS: Mapping[str, Callable[[np.ndarray, np.ndarray, Mapping[str, Any]], float]] = {
    **{class_name: _is_right(class_name) for class_name in IS_RIGHT},
    "SparseCategoricalCrossentropy": _cross_entropy,
    "BinaryCrossentropy": _binary_cross_entropy,
    **ERRORS,
}
