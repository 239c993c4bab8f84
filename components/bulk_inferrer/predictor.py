"""What predicts for raw examples: the SavedModel of a pushed version, or one of its TFLite files."""

import abc
import functools
import json
import threading
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from components.bulk_inferrer.options import CHOSEN
from data.did_you_mean import did_you_mean
from records.bundle import BUNDLE, METADATA_FILE
from records.stores import path_at
from records.variants import variant_file
from serving.saved_model import SavedModel, SavedModelError
from serving.tflite import TFLiteModel
from tasks.loading import TaskSpec


class VariantNotPushedError(ValueError):
    """A pushed version that does not have the TFLite file asked for."""

    title = "Wrong variant"
    exit_code = 2


class Predictor(abc.ABC):
    """Threads may share one."""

    @abc.abstractmethod
    def predict(self, examples: Sequence[bytes]) -> dict[str, np.ndarray]:
        """What a client gets, `{name: [example, ...]}`, for serialized tf.Examples with raw features."""


class SavedModelPredictor(Predictor):
    """The signature `serving_default`."""

    def __init__(self, version: str) -> None:
        self._model = SavedModel(version, signature="serving_default")

    def predict(self, examples: Sequence[bytes]) -> dict[str, np.ndarray]:
        return self._model.predict({"examples": np.array(examples, object)})


class TFLitePredictor(Predictor):
    """A TFLite file behind the version's own Transform graph."""

    def __init__(self, version: str, variant: str, task_spec: str) -> None:
        self._task = TaskSpec.parse(task_spec)
        self._inputs = _inputs_signature(version)
        self._model = TFLiteModel(path_at(version) / BUNDLE / variant_file(variant))
        self._lock = threading.Lock()

    def predict(self, examples: Sequence[bytes]) -> dict[str, np.ndarray]:
        features = self._inputs.predict({"examples": np.array(examples, object)})
        inputs = self._task.model_inputs({name: tf.constant(values) for name, values in features.items()})
        with self._lock:
            outputs = self._model.predict({name: value.numpy() for name, value in inputs.items()})
        predictions = self._task.predictions({name: tf.constant(values) for name, values in outputs.items()})
        return {name: value.numpy() for name, value in predictions.items()}


def _inputs_signature(version: str) -> SavedModel:
    """From serialized tf.Examples to what a TFLite file takes, and of older versions, which want the label, to more."""
    try:
        return SavedModel(version, signature="model_inputs")
    except SavedModelError:
        return SavedModel(version, signature="transform_features")


# A worker predicts for many shards, and loads a model once.
@functools.lru_cache(maxsize=1)
def load_predictor(version: str, variant: str | None, task_spec: str) -> Predictor:
    """What predicts in this process.

    Args:
      version: directory of a pushed version.
      variant: name of one of its TFLite files; None for its SavedModel.
      task_spec: JSON of the task that the version was trained for.
    """
    return SavedModelPredictor(version) if variant is None else TFLitePredictor(version, variant, task_spec)


def pushed_variant(version: str, variant: str | None) -> str | None:
    """The name of the TFLite file that is meant; None for the SavedModel.

    Args:
      version: directory of a pushed version.
      variant: name of a variant, or `chosen`.

    Raises:
      VariantNotPushedError: the version has no such file.
    """
    if variant is None:
        return None
    metadata = json.loads((path_at(version) / BUNDLE / METADATA_FILE).read_text())
    names = [each["name"] for each in metadata["variants"]]
    found = metadata["chosen"] if variant == CHOSEN else variant
    if found not in names:
        raise VariantNotPushedError(
            f"a variant must be one that was pushed with the model ({', '.join(names) or 'none was'}), or {CHOSEN}. "
            f"Received: {variant}, for {version}.{did_you_mean(variant, names)}"
        )
    return found
