"""How often a classifier of two classes is right and wrong of either, as a metric of TFMA."""

from collections.abc import Iterable
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from tasks.tfma_inputs import label_and_prediction


class Outcomes(tfma.metrics.Metric):
    """Counts `[true positives, false positives, true negatives, false negatives]`.

    Predictions are the probability of class 1, or one of each of two classes; that above a half is predicted.
    """

    def __init__(self, *, name: str) -> None:
        super().__init__(tfma.metrics.metric_util.merge_per_key_computations(_computations), name=name)


def _computations(
    name: str,
    eval_config: config_pb2.EvalConfig | None = None,
    model_name: str = "",
) -> tfma.metrics.MetricComputations:
    key = tfma.metrics.MetricKey(name=name, model_name=model_name)
    return [tfma.metrics.MetricComputation(keys=[key], preprocessors=None, combiner=_CountCombiner(key, eval_config))]


def outcome(label: Any, prediction: np.ndarray) -> int:
    """The place in Outcomes' counts of one example."""
    probabilities = np.ravel(prediction)
    if probabilities.size not in (1, 2):
        raise ValueError(
            f"outcomes are counted of a probability of class 1, or of each of two classes. "
            f"Received: {probabilities.size} values."
        )
    is_predicted = probabilities[-1] > (0.5 if probabilities.size == 1 else probabilities[0])
    is_positive = int(np.ravel(label)[0]) == 1
    return {(True, True): 0, (True, False): 1, (False, False): 2, (False, True): 3}[bool(is_predicted), is_positive]


class _CountCombiner(beam.CombineFn):
    def __init__(self, key: tfma.metrics.MetricKey, eval_config: config_pb2.EvalConfig | None) -> None:
        self._key = key
        self._eval_config = eval_config

    def create_accumulator(self) -> np.ndarray:
        return np.zeros(4)

    def add_input(self, counts: np.ndarray, element: Any) -> np.ndarray:
        example = label_and_prediction(element, eval_config=self._eval_config, model_name=self._key.model_name)
        counts[outcome(*example)] += 1
        return counts

    def merge_accumulators(self, accumulators: Iterable[np.ndarray]) -> np.ndarray:
        return np.sum(list(accumulators), axis=0)

    def extract_output(self, counts: np.ndarray) -> dict[tfma.metrics.MetricKey, np.ndarray]:
        return {self._key: counts}
