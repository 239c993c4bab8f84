"""From a Keras model to TFLite files: validate before, convert, validate after.

    export_for_conversion(model, "saved_model")
    convert("saved_model", {"float32": "a.tflite", "int8": "b.tflite"}, representative_sample={"image": images})

The conversion runs in a process of its own, because some graphs abort it.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from compression.conversion_checks import check_file, check_inputs, check_weights, checked_sample
from compression.conversion_error import ConversionError
from compression.conversion_process import run_worker
from compression.conversion_worker import CALIBRATED, SAMPLE_FILE
from compression.recipe import Precision
from compression.signature import read_signature

__all__ = ["PRECISIONS", "SIGNATURE", "ConversionError", "Precision", "convert", "export_for_conversion"]

PRECISIONS: tuple[Precision, ...] = ("float32", "float16", "dynamic", "int8", "int16x8")
SIGNATURE = "predict"


def export_for_conversion(model: keras.Model, directory: str | os.PathLike[str]) -> None:
    """Writes a SavedModel with the signature `predict` at batch size 1, inputs and outputs named as the model's.

    XNNPACK takes a graph only if its shapes are static; the batch is widened again when the file is run.

    Args:
      model: a functional model, `{input: [batch, ...]}` to `{output: [batch, ...]}`.
      directory: of the SavedModel.

    Raises:
      ConversionError: the model's outputs have no names.
    """

    @tf.function
    def predict(**inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return model(inputs, training=False)

    specs = {
        tensor.name: tf.TensorSpec([1, *tensor.shape[1:]], tensor.dtype, name=tensor.name) for tensor in model.inputs
    }
    outputs = predict.get_concrete_function(**specs).structured_outputs
    if not isinstance(outputs, Mapping):
        raise ConversionError(
            f"a model must give a dictionary of outputs, whose keys name the file's. Received: {outputs}. "
            "Build it as keras.Model(inputs, {name: output})."
        )
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(SIGNATURE, predict)
    archive.write_out(os.fspath(directory), verbose=False)


def convert(
    saved_model_dir: str | os.PathLike[str],
    destinations: Mapping[Precision, str | os.PathLike[str]],
    *,
    signature: str = SIGNATURE,
    representative_sample: Mapping[str, np.ndarray] | None = None,
    timeout_secs: float = 600.0,
) -> None:
    """Converts one signature once for each precision, all in one process.

    `float16` and `dynamic` (range) keep float32 inputs and outputs; `int8` quantizes these too;
    `int16x8` has int8 weights and int16 activations, and float32 inputs and outputs.

    Args:
      saved_model_dir: a SavedModel whose signature has batch size 1, such as `export_for_conversion` writes.
      destinations: a file for each precision. None is written unless all could be converted, and none in part.
      signature: what to convert.
      representative_sample: `{input: [example, ...]}`, what the ranges of int8 and int16x8 are measured on.
      timeout_secs: after which the conversion is given up.

    Raises:
      ConversionError: names what was wrong: an input, a weight that is NaN, a missing sample, an op that TFLite lacks,
        a crash of the converter.
    """
    unknown = sorted(set(destinations) - set(PRECISIONS))
    if unknown or not destinations:
        raise ConversionError(
            f"precisions must be of {', '.join(PRECISIONS)}. Received: {', '.join(unknown) or 'none'}. Name others."
        )
    found = read_signature(saved_model_dir, signature)
    check_inputs(found)
    check_weights(saved_model_dir)
    sample = checked_sample(found, representative_sample) if CALIBRATED & set(destinations) else {}

    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        np.savez(directory / SAMPLE_FILE, **sample)
        run_worker(os.fspath(saved_model_dir), signature, directory, list(destinations), timeout_secs=timeout_secs)
        for precision in destinations:
            check_file(directory / f"{precision}.tflite", precision, found)
        for precision, destination in destinations.items():
            _place(directory / f"{precision}.tflite", Path(destination))


def _place(converted: Path, destination: Path) -> None:
    """Copies so that nobody sees a part of the file; the destination may be on another file system."""
    partial = destination.with_name(f".{destination.name}.partial")
    try:
        partial.write_bytes(converted.read_bytes())
        partial.replace(destination)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
