"""Test examples with what several models predict for each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from tensorflow_model_analysis.metrics import metric_types

from serving.saved_model import SavedModel
from tasks.base import Task
from tasks.metric_values import feature_values

BATCH_SIZE = 256


@dataclass(frozen=True, kw_only=True)
class PairedExamples:
    """Examples that metrics read, in one order.

    Attributes:
      labels: label of each example, `[value]`.
      features: features of each example that metrics read, the label among them.
      predictions: {model: prediction of each example}.
    """

    labels: Sequence[np.ndarray]
    features: Sequence[Mapping[str, np.ndarray]]
    predictions: Mapping[str, Sequence[np.ndarray]]

    def inputs(self, model: str, *, key: str) -> list[metric_types.StandardMetricInputs]:
        """What TFMA's metrics take, with the predictions of one model under `key`."""
        return [
            metric_types.StandardMetricInputs(
                labels=label,
                predictions={key: prediction},
                example_weights=np.ones(1, np.float32),
                features=dict(features),
            )
            for label, features, prediction in zip(self.labels, self.features, self.predictions[model], strict=True)
        ]


def predicted_examples(task: Task, files: Sequence[str], models: Mapping[str, str]) -> PairedExamples:
    """The examples of gzipped TFRecord files with what SavedModels predict for them.

    Args:
      task: task of the models.
      files: paths.
      models: directories of SavedModels by name.
    """
    loaded = {name: SavedModel(path, signature="serving_default") for name, path in models.items()}
    predictions: dict[str, list[np.ndarray]] = {name: [] for name in models}
    features = []
    for serialized in tf.data.TFRecordDataset(files, compression_type="GZIP").batch(BATCH_SIZE):
        texts = serialized.numpy()
        features += [_features(task, text) for text in texts]
        for name, model in loaded.items():
            predictions[name].extend(model.predict({"examples": texts})[task.prediction_key])
    return _paired(task, features, predictions)


def examples_with_predictions(task: Task, examples: Iterable[bytes], names: Sequence[str]) -> PairedExamples:
    """The same of serialized examples that hold the predictions, as `edge_evaluator.predictions.Predict` gives them.

    Args:
      task: task of the models.
      examples: serialized tf.Examples.
      names: names of the models.
    """
    predictions: dict[str, list[np.ndarray]] = {name: [] for name in names}
    features = []
    for text in examples:
        features.append(_features(task, text, also=[f"{name}/{task.prediction_key}" for name in names]))
        for name in names:
            predictions[name].append(features[-1].pop(f"{name}/{task.prediction_key}"))
    return _paired(task, features, predictions)


def _features(task: Task, text: bytes, also: Iterable[str] = ()) -> dict[str, np.ndarray]:
    found = tf.train.Example.FromString(text).features.feature
    return {name: feature_values(found[name]) for name in (task.label_key, *task.evaluation_keys, *also)}


def _paired(
    task: Task, features: Sequence[Mapping[str, np.ndarray]], predictions: Mapping[str, Sequence[np.ndarray]]
) -> PairedExamples:
    labels = [each[task.label_key] for each in features]
    return PairedExamples(labels=labels, features=features, predictions=predictions)
