"""Compressor's runtime."""

import json
import os
import tempfile
from pathlib import Path

import numpy as np
import tensorflow_transform as tft
from tfx.types import standard_artifacts

from components.compressor.measurements import write_choice, write_measurements
from components.compressor.measuring import costs, evaluate_files, measure
from components.files import write_file
from components.trainer.model_run import MODEL_FILE
from compression.choice import Budgets, choose
from compression.convert import convert, export_for_conversion
from tasks.base import Task
from tasks.loading import TaskSpec
from training.input import read_examples

# Read for calibration at the most; the sample is drawn from these.
CALIBRATION_POOL = 8192


def compress_model(
    *,
    model_run: standard_artifacts.ModelRun,
    transformed_examples: standard_artifacts.Examples,
    transform_graph: standard_artifacts.TransformGraph,
    task_spec: str,
    compress: str,
    uri: str,
) -> None:
    """Writes `<uri>/<variant>.tflite` for each variant, their measurements and the choice among them.

    Raises:
      ConversionError: a variant could not be made.
    """
    task = TaskSpec.parse(task_spec)
    options = json.loads(compress)
    sample = calibration_sample(task, transformed_examples, transform_graph, options["calibration_examples"])
    with tempfile.TemporaryDirectory() as directory:
        saved_model = os.path.join(directory, "saved_model")
        paths = {name: os.path.join(directory, f"{name}.tflite") for name in options["variants"]}
        trained = task.load_model(os.path.join(model_run.uri, MODEL_FILE))
        export_for_conversion(task.exported_model(trained), saved_model)
        convert(saved_model, paths, representative_sample=sample)
        for name, path in paths.items():
            write_file(uri, f"{name}.tflite", Path(path).read_bytes())
        spec = tft.TFTransformOutput(transform_graph.uri).transformed_feature_spec()
        files = [os.path.join(transformed_examples.uri, "Split-eval", "*")]
        batches = task.batches(files, feature_spec=spec, batch_size=256)
        evaluations = evaluate_files(task, paths, batches)
        measurements = measure(paths, sample, evaluations)
        write_measurements(uri, measurements)
        write_choice(uri, choose(costs(task, measurements), Budgets(**options["budgets"])))


def calibration_sample(
    task: Task,
    transformed_examples: standard_artifacts.Examples,
    transform_graph: standard_artifacts.TransformGraph,
    size: int,
) -> dict[str, np.ndarray]:
    """The task's representative sample of the train split's model inputs, `{name: [example, ...]}`."""
    spec = tft.TFTransformOutput(transform_graph.uri).transformed_feature_spec()
    files = [os.path.join(transformed_examples.uri, "Split-train", "*")]
    batches = read_examples(files, feature_spec=spec, batch_size=256, to_batch=task.model_inputs)
    pool = list(batches.take(CALIBRATION_POOL // 256).as_numpy_iterator())
    return task.representative_sample({name: np.concatenate([batch[name] for batch in pool]) for name in pool[0]}, size)
