"""ServingCheck's runtime."""

import os
from collections.abc import Mapping

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from tfx.types import standard_artifacts
from tfx.utils import path_utils

from components.artifacts import CompressedModels
from components.gates import refuse_if_failed
from components.serving_check.differences import difference_finding
from components.serving_check.options import GATE, ServingCheckConfig
from components.serving_check.server import server_findings
from components.serving_check.warmup import write_warmup
from components.splits import GATE_SPLIT, split_files
from components.trained_spec import trained_spec
from compression.files.differences import max_difference, relative_difference
from compression.precisions import PRECISIONS
from records.artifact_files import write_file
from records.findings import Finding, write_findings
from records.model_run import MODEL_FILE
from records.properties import BLESSED
from records.shipment import Shipment, write_shipment
from records.variants import MeasuredVariant, read_measurements, variant_file
from serving.saved_model import SavedModel, SavedModelError
from serving.tensor_info import ModelInputError
from serving.tflite import TFLiteModel, TFLiteModelError
from tasks.base import Task


def check_serving(
    *,
    model: standard_artifacts.Model,
    model_run: standard_artifacts.ModelRun,
    variants: CompressedModels,
    examples: standard_artifacts.Examples,
    transform_graph: standard_artifacts.TransformGraph,
    task_spec: str,
    serving_check: ServingCheckConfig,
    shipment: Shipment,
    blessing: standard_artifacts.InfraBlessing,
) -> None:
    """Sends test examples through every way in, and writes the findings and which variants ship.

    Raises:
      GateRefused: the SavedModel, or a file without which nothing ships, gives something else than the trained model.
    """
    task = trained_spec(task_spec, model_run.uri).load()
    transform_output = tft.TFTransformOutput(transform_graph.uri)
    records = tf.data.TFRecordDataset(split_files(examples, GATE_SPLIT), compression_type="GZIP")
    serialized = next(iter(records.batch(serving_check.examples)))
    parsed = tf.io.parse_example(serialized, transform_output.raw_feature_spec())
    inputs = task.model_inputs(transform_output.transform_features_layer()(parsed))
    trained = task.load_model(os.path.join(model_run.uri, MODEL_FILE))(inputs, training=False)
    limit = serving_check.max_difference

    # A client has no label to send.
    unlabelled = np.array(
        [_without(text, task.label_key, *task.evaluation_keys) for text in serialized.numpy()], object
    )
    path = path_utils.serving_model_path(model.uri)
    findings, requests = saved_model_findings(task, path, unlabelled, inputs, trained, limit)
    if requests and serving_check.server is not None:
        findings += server_findings(
            serving_check.server,
            saved_model=path,
            warmup_examples=serving_check.warmup_examples,
            requests=requests,
            expected=_numpy(task.predictions(trained)),
            limit=limit,
        )
    for variant in read_measurements(variants.uri):
        if variant.name not in shipment.variants:
            continue
        if variant.retrained:
            findings.append(retrained_finding(variant))
            continue
        try:
            outputs = TFLiteModel(os.path.join(variants.uri, variant_file(variant.name))).predict(_numpy(inputs))
        except (TFLiteModelError, ModelInputError) as error:
            findings.append(difference_finding(f"TFLite {variant.name}", "outputs", error, limit, variant=variant.name))
        else:
            findings += tflite_findings(variant, outputs, _numpy(trained), limit)
    shipment, findings = shipment.judged(findings)
    refuse_if_failed(findings)
    write_shipment(blessing.uri, shipment)
    write_findings(blessing.uri, findings)
    if serving_check.warmup_examples:
        write_warmup(blessing.uri, requests, examples=serving_check.warmup_examples)
    blessing.set_int_custom_property(BLESSED, 1)
    write_file(blessing.uri, "INFRA_BLESSED", "")


def saved_model_findings(
    task: Task,
    path: str,
    serialized: np.ndarray,
    inputs: Mapping[str, tf.Tensor],
    trained: Mapping[str, tf.Tensor],
    limit: float,
) -> tuple[list[Finding], dict[str, dict[str, np.ndarray]]]:
    """`serving_default` on the serialized examples and `predict` on tensors, against the trained model.

    Returns:
      The findings, and what was asked: `{signature: {input: [example, ...]}}`.
    """
    try:
        tensors = SavedModel(path, signature="predict")
        examples = tensors.with_signature("serving_default")
        [name] = examples.inputs
        requests = {"serving_default": {name: serialized}, "predict": _numpy(inputs)}
        served = {
            "serving_default": examples.predict(requests["serving_default"]),
            "predict": tensors.predict(requests["predict"]),
        }
    except (SavedModelError, ModelInputError, tf.errors.OpError) as error:
        return [difference_finding("SavedModel", "outputs", error, limit)], {}
    expected = _numpy(task.predictions(trained))
    findings = [
        difference_finding(f"SavedModel {name}", key, max_difference(outputs.get(key), value), limit)
        for name, outputs in served.items()
        for key, value in expected.items()
    ]
    return findings, requests


def tflite_findings(
    variant: MeasuredVariant, outputs: Mapping[str, np.ndarray], trained: Mapping[str, np.ndarray], limit: float
) -> list[Finding]:
    """A TFLite file's outputs against the trained model's, with a tolerance for its precision."""
    findings = []
    for key, value in trained.items():
        if variant.precision != "float32":
            difference = relative_difference(outputs.get(key), value)
            allowed = PRECISIONS[variant.precision].max_relative_difference
        else:
            difference, allowed = max_difference(outputs.get(key), value), limit
        findings.append(difference_finding(f"TFLite {variant.name}", key, difference, allowed, variant=variant.name))
    return findings


def retrained_finding(variant: MeasuredVariant) -> Finding:
    """A file whose model was trained further: its outputs against that model's, as Compressor measured them."""
    limit = PRECISIONS[variant.precision].max_relative_difference
    return Finding(
        gate=GATE,
        metric="difference of outputs from the retrained model",
        where=f"TFLite {variant.name}",
        value=variant.difference,
        limit=f"<= {limit:g}",
        passed=variant.difference <= limit,
        variant=variant.name,
    )


def _without(serialized: bytes, *features: str) -> bytes:
    example = tf.train.Example.FromString(serialized)
    for feature in features:
        example.features.feature.pop(feature, None)
    return example.SerializeToString()


def _numpy(tensors: Mapping[str, tf.Tensor]) -> dict[str, np.ndarray]:
    return {name: tensor.numpy() for name, tensor in tensors.items()}
