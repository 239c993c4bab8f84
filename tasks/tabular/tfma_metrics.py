"""Metrics of rows that TFMA does not have, out of sums that can be merged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from tasks.tfma_inputs import label_and_prediction

# Of probabilities, from 0 to 1.
BINS = 10
# What examples add up to: a matrix, bins, or the moments of `_add_moments`.
Sums = np.ndarray


class ClassesMetric(tfma.metrics.Metric):
    """Of labels that are indices of classes, and probabilities `[class]`.

    - balanced_accuracy: the mean over classes of the share of their examples that is told right (scikit-learn's
      `balanced_accuracy_score`).
    - macro_f1: the mean over classes of F1, 0 where a class is neither there nor predicted (`f1_score` with
      `average="macro"`).
    - calibration_error: how far the probability of the predicted class, or that of the last where it is the only one
      given, is from the share of examples that are of it; the mean over BINS of equal width, weighed by their examples
      (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, equation 3).
    """

    def __init__(self, *, name: str, metric: str) -> None:
        super().__init__(tfma.metrics.metric_util.merge_per_key_computations(_computations), name=name, metric=metric)


class NumbersMetric(ClassesMetric):
    """Of labels that are numbers, and predictions of them: mae, rmse, and r2, the coefficient of determination: 1 less
    the squared errors over the squared distances of labels from their mean."""

    @staticmethod
    def example_ratio(moments: Sums | None, config: Mapping[str, Any]) -> tuple[float, float] | None:
        """What rows add to both sums of the mean absolute error; None for the others, which are no means."""
        if config["metric"] != "mae":
            return None
        return (0.0, 0.0) if moments is None else (float(moments[3]), float(moments[0]))


def _computations(
    name: str,
    metric: str,
    eval_config: config_pb2.EvalConfig | None = None,
    model_name: str = "",
    output_name: str = "",
    example_weighted: bool = False,
) -> tfma.metrics.MetricComputations:
    key = tfma.metrics.MetricKey(
        name=name, model_name=model_name, output_name=output_name, example_weighted=example_weighted
    )
    combiner = _SumsCombiner(key, metric=metric, model_name=model_name, eval_config=eval_config)
    return [tfma.metrics.MetricComputation(keys=[key], preprocessors=None, combiner=combiner)]


def balanced_accuracy(counts: Sums) -> float:
    """Of counts `[true class, predicted class]`; classes without examples do not count."""
    there = counts.sum(axis=1) > 0
    return float(np.mean(np.diag(counts)[there] / counts.sum(axis=1)[there])) if there.any() else float("nan")


def macro_f1(counts: Sums) -> float:
    """Of the same; classes that are neither there nor predicted do not count."""
    either = counts.sum(axis=0) + counts.sum(axis=1)
    used = either > 0
    return float(np.mean(2 * np.diag(counts)[used] / either[used])) if used.any() else float("nan")


def calibration_error(bins: Sums) -> float:
    """Of `[bin, 3]`: examples, sum of their probabilities, how many of them are of the class."""
    total = bins[:, 0].sum()
    return float(np.abs(bins[:, 1] - bins[:, 2]).sum() / total) if total else float("nan")


def mae(moments: Sums) -> float:
    """Mean absolute error of moments as `merge_moments` gives them."""
    return float(moments[3] / moments[0]) if moments[0] else float("nan")


def rmse(moments: Sums) -> float:
    """Root of the mean squared error."""
    return float(np.sqrt(moments[4] / moments[0])) if moments[0] else float("nan")


def r2(moments: Sums) -> float:
    """Coefficient of determination; NaN where all labels are one number."""
    return float(1 - moments[4] / moments[2]) if moments[2] > 0 else float("nan")


def merge_moments(a: Sums, b: Sums) -> Sums:
    """Moments of examples together: number, mean of labels, their squared distances from it, absolute errors, squared
    errors. By distances rather than squares, which would cancel where labels are far from zero.

    Source: Chan, Golub, LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979,
    equation 2.1.
    """
    count = a[0] + b[0]
    if not count:
        return a
    distance = b[1] - a[1]
    squares = a[2] + b[2] + distance**2 * a[0] * b[0] / count
    return np.array([count, a[1] + distance * b[0] / count, squares, a[3] + b[3], a[4] + b[4]])


OF_CLASSES: Mapping[str, Callable[[Sums], float]] = {"balanced_accuracy": balanced_accuracy, "macro_f1": macro_f1}
OF_PROBABILITIES: Mapping[str, Callable[[Sums], float]] = {"calibration_error": calibration_error}
OF_NUMBERS: Mapping[str, Callable[[Sums], float]] = {"mae": mae, "rmse": rmse, "r2": r2}


class _SumsCombiner(beam.CombineFn):
    """Adds up what a metric is computed of."""

    def __init__(
        self,
        key: tfma.metrics.MetricKey,
        *,
        metric: str,
        model_name: str,
        eval_config: config_pb2.EvalConfig | None,
    ) -> None:
        self._key = key
        self._metric = metric
        self._model_name = model_name
        self._eval_config = eval_config

    def create_accumulator(self) -> Sums | None:
        return None

    def add_input(self, sums: Sums | None, element: Any) -> Sums | None:
        label, prediction = label_and_prediction(element, eval_config=self._eval_config, model_name=self._model_name)
        return self._merge(sums, self._of_example(np.ravel(label)[0], np.ravel(prediction)))

    def merge_accumulators(self, accumulators: Iterable[Sums | None]) -> Sums | None:
        merged = None
        for sums in accumulators:
            merged = self._merge(merged, sums)
        return merged

    def extract_output(self, sums: Sums | None) -> dict[tfma.metrics.MetricKey, float]:
        compute = {**OF_CLASSES, **OF_PROBABILITIES, **OF_NUMBERS}[self._metric]
        return {self._key: float("nan") if sums is None else compute(sums)}

    def _of_example(self, label: Any, prediction: np.ndarray) -> Sums:
        if self._metric in OF_CLASSES:
            counts = np.zeros((len(prediction), len(prediction)))
            counts[int(label), int(np.argmax(prediction))] = 1
            return counts
        if self._metric in OF_PROBABILITIES:
            # One probability is that of the last of two classes.
            told = int(np.argmax(prediction)) if len(prediction) > 1 else 1
            probability = float(np.max(prediction))
            bins = np.zeros((BINS, 3))
            bins[min(int(probability * BINS), BINS - 1)] = (1.0, probability, float(int(label) == told))
            return bins
        error = float(label) - float(prediction[0])
        return np.array([1.0, float(label), 0.0, abs(error), error**2])

    def _merge(self, a: Sums | None, b: Sums | None) -> Sums | None:
        if a is None or b is None:
            return b if a is None else a
        return merge_moments(a, b) if self._metric in OF_NUMBERS else a + b
