"""Quantiles of how far predictions of numbers are from their labels, which TFMA does not have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma
from apache_beam.transforms.stats import ApproximateQuantilesCombineFn
from tensorflow_model_analysis.proto import config_pb2

from tasks.tfma_inputs import label_and_prediction

# Beam gives quantiles at even distances: those of whole percents.
_PERCENTS = 100
# Of all examples, how many the value that is told may be away from the quantile; none as long as there are few.
_EPSILON = 1e-3


class AbsoluteErrorQuantile(tfma.metrics.Metric):
    """The absolute error, in the label's units, that this share of the examples does not exceed.

    It is the error of one of the examples (`numpy.quantile` by the method `inverted_cdf`), of more than about 15,000
    that of one a thousandth of all examples away at most (Manku, Rajagopalan, Lindsay, "Approximate Medians and other
    Quantiles in One Pass and with Limited Memory", SIGMOD 1998).
    """

    def __init__(self, *, name: str, percent: int) -> None:
        super().__init__(tfma.metrics.metric_util.merge_per_key_computations(_computations), name=name, percent=percent)


def _computations(
    name: str,
    percent: int,
    eval_config: config_pb2.EvalConfig | None = None,
    model_name: str = "",
    output_name: str = "",
    example_weighted: bool = False,
) -> tfma.metrics.MetricComputations:
    key = tfma.metrics.MetricKey(
        name=name, model_name=model_name, output_name=output_name, example_weighted=example_weighted
    )
    combiner = _QuantileCombiner(key, percent=percent, model_name=model_name, eval_config=eval_config)
    return [tfma.metrics.MetricComputation(keys=[key], preprocessors=None, combiner=combiner)]


class _QuantileCombiner(beam.CombineFn):
    def __init__(
        self,
        key: tfma.metrics.MetricKey,
        *,
        percent: int,
        model_name: str,
        eval_config: config_pb2.EvalConfig | None,
    ) -> None:
        self._key = key
        self._percent = percent
        self._model_name = model_name
        self._eval_config = eval_config
        self._errors = ApproximateQuantilesCombineFn.create(_PERCENTS + 1, epsilon=_EPSILON)

    def create_accumulator(self) -> Any:
        return self._errors.create_accumulator()

    def add_input(self, accumulator: Any, element: Any) -> Any:
        label, prediction = label_and_prediction(element, eval_config=self._eval_config, model_name=self._model_name)
        return self._errors.add_input(accumulator, abs(float(np.ravel(label)[0]) - float(np.ravel(prediction)[0])))

    def merge_accumulators(self, accumulators: Iterable[Any]) -> Any:
        return self._errors.merge_accumulators(accumulators)

    def extract_output(self, accumulator: Any) -> dict[tfma.metrics.MetricKey, float]:
        quantiles = self._errors.extract_output(accumulator)
        return {self._key: quantiles[self._percent] if quantiles else float("nan")}
