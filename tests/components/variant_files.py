"""What Compressor leaves of Points, made by hand: files of functions, measurements that nobody measured."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from components.artifacts import CompressedModels
from records.variants import Choice, MeasuredVariant, variant_file, write_choice, write_measurements
from tests.compression.saved_models import save

# `point` [batch, 2] in metres to `{output: [batch, ...]}`.
Answer = Callable[[tf.Tensor], dict[str, tf.Tensor]]


def right_answer(point: tf.Tensor) -> dict[str, tf.Tensor]:
    """What `points_model` answers."""
    return {"logits": point[:, :1] * tf.constant([[-1.0, 1.0]])}


def wrong_answer(point: tf.Tensor) -> dict[str, tf.Tensor]:
    """Left and right exchanged."""
    return {"logits": point[:, :1] * tf.constant([[1.0, -1.0]])}


def measurement(name: str, **changes: Any) -> MeasuredVariant:
    """A float32 file of the trained model as it is, other than `changes`."""
    measured = {"bytes": 4, "gzip_bytes": 2, "latency_p50_ms": 0.5, "latency_p99_ms": 1.0, "delegated": True}
    return MeasuredVariant(name=name, **{"precision": "float32", "difference": 0.0, **measured, **changes})


def write_variants(
    directory: Path, answers: Mapping[str, Answer | bytes], *, chosen: str = "float32", **changes: Mapping[str, Any]
) -> CompressedModels:
    """Compressor's artifact.

    Args:
      directory: to write to.
      answers: by variant: what its file computes, or the file's content.
      chosen: the variant that was chosen.
      changes: to the measurements, by variant.
    """
    directory.mkdir()
    for name, answer in answers.items():
        content = answer if isinstance(answer, bytes) else tflite_content(answer, directory / f"saved_{name}")
        (directory / variant_file(name)).write_bytes(content)
    variants = CompressedModels()
    variants.uri = str(directory)
    write_measurements(variants.uri, [measurement(name, **changes.get(name, {})) for name in answers])
    write_choice(variants.uri, Choice(variant=chosen, reason="by hand", front=(chosen,), misses=()))
    return variants


def tflite_content(answer: Answer, saved_model: Path, *, coordinates: int = 2) -> bytes:
    """A TFLite file's content for points of so many coordinates, converted here by way of a SavedModel."""
    spec = tf.TensorSpec([1, coordinates], tf.float32, name="point")
    save(saved_model, "predict", lambda point: answer(point), spec)
    return tf.lite.TFLiteConverter.from_saved_model(str(saved_model), signature_keys=["predict"]).convert()
