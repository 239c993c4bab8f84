"""The sensitivity of a trained model's layers, on the eval split that its pipeline made."""

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tensorflow_transform as tft

from inspection.locate import RunNotFoundError
from inspection.store import RunStore
from records.model_run import MODEL_FILE
from tasks.base import Task
from tasks.transformed_data import TransformedData


class TrainedRun:
    """What a run left that is needed to try its model.

    Attributes:
      model_file: of the trained Keras model; None where the run did not come so far.
      data: that it was evaluated on.
    """

    def __init__(self, task: Task, root: Path, run_id: str) -> None:
        """Raises RunNotFoundError for a run that did not come as far as Transform."""
        outputs = {execution.node: execution.outputs for execution in RunStore(root).run(run_id)}
        run = outputs.get("Trainer", {}).get("model_run")
        self.model_file = None if run is None else f"{run[0].uri}/{MODEL_FILE}"
        if not outputs.get("Transform"):
            raise RunNotFoundError(
                f"A run must have transformed its data. Received: {run_id} in {root}, which did not. Name another with "
                "--run, or run the pipeline."
            )
        [examples] = outputs["Transform"]["transformed_examples"]
        [graph] = outputs["Transform"]["transform_graph"]
        self.data = TransformedData(
            task=task,
            directory=examples.uri,
            feature_spec=tft.TFTransformOutput(graph.uri).transformed_feature_spec(),
        )


def judge(task: Task, data: TransformedData, model: keras.Model, max_examples: int) -> Callable[[], np.ndarray]:
    """What tells the task's first metric of the model as it then stands, `[example]`, always on the same examples."""
    batches = data.evaluation(min(256, max_examples))
    kept = list(itertools.islice(batches, -(-max_examples // 256)))
    predict = tf.function(lambda inputs: model(inputs, training=False))

    def judged() -> np.ndarray:
        values = [np.asarray(task.example_metric(targets, _numpy(predict(inputs)))) for inputs, targets in kept]
        return np.concatenate(values)[:max_examples].astype(np.float64)

    return judged


def _numpy(outputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in outputs.items()}
