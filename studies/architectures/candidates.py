"""One candidate trained, converted and judged."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from etils import epath

from compression.conversion.convert import convert, export_for_conversion
from models.graph.profile import profile
from serving.tflite import TFLiteModel
from studies.architectures.grid import Candidate
from studies.run_outputs import RunOutputs
from tasks.training import TaskTraining
from tasks.transformed_data import TransformedData
from training.metric_sums import means, sums_of

INT8_FILE = "int8.tflite"


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What is the same for all candidates.

    Attributes:
      run: outputs of a run that went as far as Transform.
      seed: seed of weights, order and augmentation.
      calibration_examples: number of train examples that int8 files are calibrated by.
    """

    run: RunOutputs
    seed: int
    calibration_examples: int


def train_candidate(candidate: Candidate, conditions: Conditions, folder: Path) -> dict[str, Any]:
    """Trains, converts, and evaluates on the eval split.

    Args:
      candidate: what is trained.
      conditions: what all candidates share.
      folder: where checkpoints are kept meanwhile, and where the int8 file stays.

    Returns:
      What does not depend on the machine's mood, JSON-serializable.
    """
    folder.mkdir(parents=True, exist_ok=True)
    task = candidate.spec.load()
    data = conditions.run.data(task)
    keras.backend.clear_session()
    start_secs = time.perf_counter()
    training = TaskTraining(
        task,
        candidate.train,
        train_files=data.files("train"),
        eval_files=data.files("eval"),
        feature_spec=data.feature_spec,
        seed=conditions.seed,
        checkpoints=epath.Path(folder / "checkpoints"),
    )
    epochs = [record.epoch for record in training.records()]
    secs = time.perf_counter() - start_secs
    model = task.exported_model(training.float32_model())
    saved_model, int8 = folder / "saved_model", folder / INT8_FILE
    export_for_conversion(model, saved_model)
    convert(saved_model, {"int8": int8}, representative_sample=data.calibration_sample(conditions.calibration_examples))
    counted = profile(training.model)
    epath.Path(folder / "checkpoints").rmtree(missing_ok=True)
    return {
        "epochs": epochs[-1],
        "train_secs": secs,
        "parameters": counted.parameters,
        "flops": counted.flops,
        "receptive_field": counted.receptive_field,
        "metrics": _evaluate(data, model),
        "int8_metrics": _evaluate(data, _as_model(TFLiteModel(int8))),
        "int8_bytes": int8.stat().st_size,
    }


def _evaluate(data: TransformedData, model: Any) -> dict[str, float]:
    """Means over the eval split of what the task's objective reports, the loss included."""
    objective = data.task.objective()
    sums: Counter[str] = Counter()
    for batch in data.evaluation(256):
        sums.update({name: float(value) for name, value in sums_of(*objective(model, batch, training=False)).items()})
    return means(sums)


def _as_model(file: TFLiteModel) -> Any:
    """A TFLite file under the interface that objectives call a model by."""

    def predict(inputs: Mapping[str, tf.Tensor], training: bool) -> dict[str, tf.Tensor]:
        outputs = file.predict({name: value.numpy() for name, value in inputs.items()})
        return {name: tf.constant(value) for name, value in outputs.items()}

    return predict
