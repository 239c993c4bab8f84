"""A metric of Keras 3 as one of TFMA's, which knows those of Keras 2 alone."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import apache_beam as beam
import keras
import numpy as np
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

# Examples that a metric is told of at a time.
BATCH_SIZE = 1024

# Label, prediction and weight of each example.
Examples = list[tuple[np.ndarray, ...]]


class KerasMetric(tfma.metrics.Metric):
    """Computes `keras_class` of each slice.

    A slice's labels and predictions are kept until all are there: how two states of a metric go together is known of
    sums, and Keras asks no metric to keep sums.
    """

    keras_class: ClassVar[type[keras.metrics.Metric]]

    def __init__(self, *, name: str, **config: Any) -> None:
        """Args:
        name: name of the metric.
        config: other keyword arguments of `keras_class`.
        """
        super().__init__(
            tfma.metrics.metric_util.merge_per_key_computations(_computations),
            name=name,
            keras_class=self.keras_class,
            config=config,
        )


def _computations(
    name: str,
    keras_class: type[keras.metrics.Metric],
    config: Mapping[str, Any],
    eval_config: config_pb2.EvalConfig | None = None,
    model_name: str = "",
    output_name: str = "",
    example_weighted: bool = False,
) -> tfma.metrics.MetricComputations:
    key = tfma.metrics.MetricKey(
        name=name, model_name=model_name, output_name=output_name, example_weighted=example_weighted
    )
    # Made here too, so that a wrong config is found when the computations are.
    keras_class(name=name, **config)
    combiner = _ExamplesCombiner(key, keras_class=keras_class, config=config, eval_config=eval_config)
    return [tfma.metrics.MetricComputation(keys=[key], preprocessors=None, combiner=combiner)]


class _ExamplesCombiner(beam.CombineFn):
    """Keeps examples, and tells a metric of all of them at the end."""

    def __init__(
        self,
        key: tfma.metrics.MetricKey,
        *,
        keras_class: type[keras.metrics.Metric],
        config: Mapping[str, Any],
        eval_config: config_pb2.EvalConfig | None,
    ) -> None:
        self._key = key
        self._keras_class = keras_class
        self._config = config
        self._eval_config = eval_config

    def create_accumulator(self) -> Examples:
        return []

    def add_input(self, examples: Examples, element: Any) -> Examples:
        found = tfma.metrics.metric_util.to_label_prediction_example_weight(
            element,
            eval_config=self._eval_config,
            model_name=self._key.model_name,
            output_name=self._key.output_name,
            example_weighted=self._key.example_weighted,
            # As the model gives them.
            flatten=False,
            squeeze=False,
            require_single_example_weight=True,
        )
        examples.extend(found)
        return examples

    def merge_accumulators(self, accumulators: Iterable[Examples]) -> Examples:
        return list(itertools.chain.from_iterable(accumulators))

    def extract_output(self, examples: Examples) -> dict[tfma.metrics.MetricKey, Any]:
        metric = self._keras_class(name=self._key.name, **self._config)
        for _, alike in itertools.groupby(examples, key=lambda example: [np.shape(part) for part in example]):
            whole = [np.stack(parts) for parts in zip(*alike, strict=True)]
            for start in range(0, len(whole[0]), BATCH_SIZE):
                label, prediction, weight = (part[start : start + BATCH_SIZE] for part in whole)
                weighted = {"sample_weight": weight[:, 0]} if self._key.example_weighted else {}
                metric.update_state(label, prediction, **weighted)
        return {self._key: np.asarray(metric.result())[()]}
