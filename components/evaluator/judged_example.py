"""One test example, out of the extracts that TFMA computes metrics of."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow as tf
import tensorflow_model_analysis as tfma
from google.protobuf import json_format
from tensorflow_model_analysis.proto import config_pb2

from components.evaluator.example_values import ExampleValues, Ratio
from components.evaluator.paired_test import IS_RIGHT
from records.predictions import Kind
from records.slices import column_text
from tasks.base import Task
from tasks.loading import TaskSpec
from tasks.tfma_inputs import label_and_prediction

# Of which a logarithm is taken.
SMALLEST = 1e-30


@dataclass(frozen=True, kw_only=True)
class JudgedExample:
    """One example.

    Attributes:
      key: digest of its content.
      label: numbers of its label.
      slices: names of its slices.
      outputs: what each model predicts, `[output]`.
      ratios: what it adds to the metrics, by model.
      loss: how wrong the first model is.
      content: the serialized example; empty where it is not to be shown.
    """

    key: int
    label: np.ndarray
    slices: tuple[str, ...]
    outputs: tuple[np.ndarray, ...]
    ratios: tuple[list[Ratio], ...]
    loss: float
    content: bytes


class ReadExtracts(beam.DoFn):
    """Reads them, in Beam's workers."""

    def __init__(self, spec: str, eval_config: str, models: Sequence[str]) -> None:
        """Args:
        spec: JSON of the task as it was trained.
        eval_config: JSON of TFMA's, with the names of the models.
        models: which models' predictions to read.
        """
        self._spec = spec
        self._config_text = eval_config
        self._models = models

    def setup(self) -> None:
        """Loads the task, once a worker."""
        self._task = TaskSpec.parse(self._spec)
        self._config = json_format.Parse(self._config_text, config_pb2.EvalConfig())
        self._values = ExampleValues(self._task)
        self._kind = kind_of(self._task)
        self._sign = -1 if self._task.metrics()[0].higher_is_better else 1
        # As EdgeEvaluator adds them; what an example is does not depend on them.
        self._added = {f"{model}/{self._task.prediction_key}" for model in self._models}

    def process(self, extracts: dict[str, Any]) -> Iterator[JudgedExample]:
        """Gives the example."""
        element = tfma.metrics.StandardMetricInputs(extracts)
        is_alone = len(self._config.model_specs) == 1
        both = [
            label_and_prediction(element, eval_config=self._config, model_name="" if is_alone else model)
            for model in self._models
        ]
        label = np.ravel(both[0][0])
        outputs = tuple(np.ravel(prediction).astype(np.float32) for _, prediction in both)
        features = extracts[tfma.FEATURES_KEY]
        ratios = tuple(self._values.of(label, prediction, features) for _, prediction in both)
        content = _without(_serialized(extracts), self._added)
        yield JudgedExample(
            key=int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big"),
            label=label,
            slices=tuple(filter(None, map(slice_name, extracts[tfma.SLICE_KEY_TYPES_KEY]))),
            outputs=outputs,
            ratios=ratios,
            loss=self._loss(label, outputs[0], ratios[0]),
            content=content,
        )

    def _loss(self, label: np.ndarray, output: np.ndarray, ratios: Sequence[Ratio]) -> float:
        """Of classes the cross entropy, of numbers the absolute error, of all others the first metric, as far as it is
        one of single examples."""
        if self._kind == "classes" and label.size == 1:
            probabilities = output if output.size > 1 else np.array([1 - output[0], output[0]])
            return float(-np.log(max(probabilities[int(label[0])], SMALLEST)))
        if self._kind == "number" and label.size == output.size == 1:
            return float(abs(label[0] - output[0]))
        if not ratios or not ratios[0][1] > 0:
            return 0.0
        return self._sign * ratios[0][0] / ratios[0][1]


def kind_of(task: Task) -> Kind:
    """What labels and predictions of a task are, by the classes of its metrics."""
    classes = {metric.class_name for metric in task.metrics()}
    if classes & IS_RIGHT.keys():
        return "classes"
    return "number" if classes & {"NumbersMetric", "MeanAbsoluteError", "MeanSquaredError"} else "other"


def slice_name(key: Sequence[tuple[str, Any]]) -> str:
    """What `records.slices.slice_text` calls TFMA's slice; empty for all examples."""
    values = ((column, value.decode() if isinstance(value, bytes) else value) for column, value in key)
    return ", ".join(f"{column_text(column)}={value}" for column, value in values)


def _serialized(extracts: dict[str, Any]) -> bytes:
    found: bytes = np.ravel(np.array(extracts[tfma.INPUT_KEY], object))[0]
    return found


def _without(serialized: bytes, names: Iterable[str]) -> bytes:
    """An example without some features, in the one way to serialize it."""
    example = tf.train.Example.FromString(serialized)
    for name in names:
        example.features.feature.pop(name, None)
    text: bytes = example.SerializeToString(deterministic=True)
    return text
