"""What travels in each TFLite file: how to call it, what its answers mean and where it comes from."""

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import keras
import numpy as np

from components.compressor.variants import Variant
from records.bundle import LABELS_FILE
from serving.tflite import TFLiteModel, TFLiteTensor
from tasks.loading import TaskSpec

MODEL_FILE = "model.json"


def packed_files(spec: TaskSpec, variant: Variant, *, digest: str, seed: int) -> dict[str, str]:
    """`{name: text}`: `model.json` and, where the outputs have names, `labels.txt`.

    Args:
      spec: the task.
      variant: the converted file.
      digest: digest of the trained model's weights.
      seed: seed of the run.
    """
    task = spec.load()
    model = TFLiteModel(variant.path)
    described = {
        **task.serving_metadata(),
        "variant": variant.name,
        "precision": variant.precision,
        "inputs": _tensors(model.inputs),
        "outputs": _tensors(model.outputs),
        "provenance": {
            "task": spec.task,
            "seed": seed,
            "trained_weights_sha256": digest,
            "retrained": variant.retrained,
            **{name: version(name) for name in ("tensorflow", "keras", "ai-edge-quantizer")},
        },
    }
    files = {MODEL_FILE: json.dumps(described, indent=1)}
    if task.labels():
        files[LABELS_FILE] = "\n".join(task.labels()) + "\n"
    return files


def weights_digest(model: keras.Model) -> str:
    """SHA-256 of the weights' names and values: the same for the same weights, whatever file they were read from."""
    digest = hashlib.sha256()
    for weight in model.weights:
        digest.update(weight.path.encode() + np.ascontiguousarray(weight.numpy()).tobytes())
    return digest.hexdigest()


def _tensors(tensors: Mapping[str, TFLiteTensor]) -> dict[str, Any]:
    return {
        name: {
            "shape": ["batch", *tensor.shape[1:]],
            "dtype": str(tensor.dtype),
            "scale": tensor.scale,
            "zero_point": tensor.zero_point,
        }
        for name, tensor in tensors.items()
    }
