"""ServingCheck's runtime."""

import json
import os
from collections.abc import Mapping

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from tfx.types import standard_artifacts
from tfx.utils import path_utils

from components.artifacts import CompressedModels
from components.compressor.measurements import read_measurements
from components.files import write_file
from components.gates import Finding, refuse_if_failed, write_findings
from components.splits import GATE_SPLIT, split_files
from components.trainer.model_run import MODEL_FILE
from serving.tflite import TFLiteModel
from tasks.base import Task
from tasks.loading import TaskSpec

GATE = "serving"

# Largest mean difference of an output from the trained model's, as a share of that output's standard deviation: several
# times what rounding to the precision costs, far below what a wrong file gives (about 1).
MAX_RELATIVE_DIFFERENCE = {"float16": 0.01, "dynamic": 0.1, "int8": 0.25}


def check_serving(
    *,
    model: standard_artifacts.Model,
    model_run: standard_artifacts.ModelRun,
    variants: CompressedModels,
    examples: standard_artifacts.Examples,
    transform_graph: standard_artifacts.TransformGraph,
    task_spec: str,
    serving_check: str,
    blessing: standard_artifacts.InfraBlessing,
) -> None:
    """Sends test examples through every way in and writes the findings.

    Raises:
      GateRefused: an exported file gives something else than the trained model.
    """
    task = TaskSpec.parse(task_spec)
    options = json.loads(serving_check)
    transform_output = tft.TFTransformOutput(transform_graph.uri)
    records = tf.data.TFRecordDataset(split_files(examples, GATE_SPLIT), compression_type="GZIP")
    serialized = next(iter(records.batch(options["examples"])))
    parsed = tf.io.parse_example(serialized, transform_output.raw_feature_spec())
    inputs = task.model_inputs(transform_output.transform_features_layer()(parsed))
    trained = task.load_model(os.path.join(model_run.uri, MODEL_FILE))(inputs, training=False)
    limit = options["max_difference"]

    findings = saved_model_findings(task, path_utils.serving_model_path(model.uri), serialized, inputs, trained, limit)
    for variant in read_measurements(variants.uri):
        tflite = TFLiteModel(os.path.join(variants.uri, f"{variant['name']}.tflite"))
        outputs = tflite.predict({name: value.numpy() for name, value in inputs.items()})
        findings += tflite_findings(variant["name"], outputs, _numpy(trained), limit)
    refuse_if_failed(findings)
    write_findings(blessing.uri, findings)
    blessing.set_int_custom_property("blessed", 1)
    write_file(blessing.uri, "INFRA_BLESSED", "")


def saved_model_findings(
    task: Task,
    path: str,
    serialized: tf.Tensor,
    inputs: Mapping[str, tf.Tensor],
    trained: Mapping[str, tf.Tensor],
    limit: float,
) -> list[Finding]:
    """`serving_default` on the serialized examples and `predict` on tensors, against the trained model."""
    signatures = tf.saved_model.load(path).signatures
    # A client has no label to send.
    unlabelled = tf.constant([_without(text, task.label_key) for text in serialized.numpy()])
    expected = _numpy(task.predictions(trained))
    served = {
        "serving_default": _numpy(signatures["serving_default"](unlabelled)),
        "predict": _numpy(signatures["predict"](**inputs)),
    }
    return [
        _finding(f"SavedModel {name}", key, max_difference(outputs.get(key), value), limit)
        for name, outputs in served.items()
        for key, value in expected.items()
    ]


def tflite_findings(
    variant: str, outputs: Mapping[str, np.ndarray], trained: Mapping[str, np.ndarray], limit: float
) -> list[Finding]:
    """A TFLite file's outputs against the trained model's, with a tolerance for its precision."""
    findings = []
    for key, value in trained.items():
        if variant in MAX_RELATIVE_DIFFERENCE:
            difference, allowed = relative_difference(outputs.get(key), value), MAX_RELATIVE_DIFFERENCE[variant]
        else:
            difference, allowed = max_difference(outputs.get(key), value), limit
        findings.append(_finding(f"TFLite {variant}", key, difference, allowed))
    return findings


def max_difference(received: np.ndarray | None, expected: np.ndarray) -> float:
    """The largest absolute difference; the share of unequal values where they are no floats; infinite for a missing or
    misshapen output, or one with values that are no numbers."""
    if received is None or received.shape != expected.shape:
        return float("inf")
    if not np.issubdtype(expected.dtype, np.floating):
        return float(np.mean(received != expected))
    difference = float(np.max(np.abs(received - expected), initial=0.0))
    return difference if np.isfinite(difference) else float("inf")


def relative_difference(received: np.ndarray | None, expected: np.ndarray) -> float:
    """The mean absolute difference over the expected values' standard deviation; infinite as `max_difference` says."""
    if not np.isfinite(max_difference(received, expected)):
        return float("inf")
    return float(np.mean(np.abs(received - expected)) / max(float(np.std(expected)), 1e-12))


def _finding(where: str, output: str, difference: float, limit: float) -> Finding:
    return Finding(
        gate=GATE,
        figure=f"difference of {output} from the trained model",
        where=where,
        value=difference,
        limit=f"<= {limit:g}",
        passed=difference <= limit,
    )


def _without(serialized: bytes, feature: str) -> bytes:
    example = tf.train.Example.FromString(serialized)
    example.features.feature.pop(feature, None)
    return example.SerializeToString()


def _numpy(tensors: Mapping[str, tf.Tensor]) -> dict[str, np.ndarray]:
    return {name: tensor.numpy() for name, tensor in tensors.items()}
