"""TFMA's computations of a metric without Beam: accumulated, merged and told in this process."""

import copy
import functools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import metric_specs, metric_types
from tensorflow_model_analysis.proto import config_pb2

from tasks.base import EvalMetric, Task
from tasks.metric_config import metric_config


class MetricComputer:
    """One metric of a task. Accumulators are those of its computations, in their order; they are never changed."""

    def __init__(self, task: Task, metric: EvalMetric) -> None:
        """Makes the computations; raises whatever the metric's class does."""
        metrics = config_pb2.MetricsSpec(metrics=[metric_config(metric)])
        config = config_pb2.EvalConfig(
            model_specs=[config_pb2.ModelSpec(prediction_key=task.prediction_key, label_key=task.label_key)],
            slicing_specs=[config_pb2.SlicingSpec()],
            metrics_specs=[metrics],
        )
        self._name = metric.name
        self._computations = metric_specs.to_computations([metrics], config)
        self._combined = [each for each in self._computations if isinstance(each, metric_types.MetricComputation)]
        for computation in self._combined:
            computation.combiner.setup()

    def accumulate(self, examples: Iterable[metric_types.StandardMetricInputs]) -> list[Any]:
        """The accumulators of some examples, as a worker of Beam would have them."""
        given = list(examples)
        found = []
        for computation in self._combined:
            inputs = [copy.copy(each) for each in given]
            for preprocessor in computation.preprocessors or ():
                inputs = [made for each in inputs for made in preprocessor.process(each)]
            add, empty = computation.combiner.add_input, computation.combiner.create_accumulator()
            found.append(functools.reduce(add, map(metric_types.StandardMetricInputs, inputs), empty))
        return found

    def merge(self, parts: Sequence[list[Any]]) -> list[Any]:
        """The accumulators of all parts together."""
        return [
            computation.combiner.merge_accumulators(copy.deepcopy(alike))
            for computation, *alike in zip(self._combined, *parts, strict=True)
        ]

    def value(self, accumulators: list[Any]) -> Any:
        """The metric; None where its computations give none of its name."""
        values: dict[tfma.metrics.MetricKey, Any] = {}
        combined = iter(zip(self._combined, copy.deepcopy(accumulators), strict=True))
        for computation in self._computations:
            if isinstance(computation, metric_types.MetricComputation):
                own, accumulator = next(combined)
                values |= own.combiner.extract_output(accumulator)
            elif type(computation) is metric_types.DerivedMetricComputation:
                values |= computation.result(values)
        return next((value for key, value in values.items() if key.name == self._name), None)


def feature_values(feature: tf.train.Feature) -> np.ndarray:
    """A feature of a raw example as TFMA hands it to a metric, `[value]`."""
    kind = feature.WhichOneof("kind")
    dtypes = {"int64_list": np.int64, "float_list": np.float32, "bytes_list": object}
    return np.array(getattr(feature, kind).value if kind else [], dtypes.get(kind))
