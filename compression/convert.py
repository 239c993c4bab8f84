"""From a SavedModel to TFLite files: validate before, convert, validate after.

The conversion runs in a process of its own, because some graphs abort it.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

Precision = Literal["float32", "float16", "dynamic", "int8"]
PRECISIONS: tuple[Precision, ...] = ("float32", "float16", "dynamic", "int8")
SIGNATURE = "predict"
SAMPLE_FILE = "representative_sample.npz"


class ConversionError(RuntimeError):
    """A model that cannot become a TFLite file."""

    title = "Conversion failed"
    exit_code = 1


def export_for_conversion(model: keras.Model, directory: str | os.PathLike[str]) -> None:
    """Writes a SavedModel with the signature `predict` at batch size 1, inputs and outputs named as the model's.

    XNNPACK takes a graph only if its shapes are static; the batch is widened again when the file is run.

    Args:
      model: a functional model from a dictionary of inputs to a dictionary of outputs.
      directory: of the SavedModel.

    Raises:
      ConversionError: a weight is not a finite number.
    """
    for weight in model.weights:
        if weight.dtype.startswith("float") and not np.all(np.isfinite(keras.ops.convert_to_numpy(weight))):
            raise ConversionError(
                f"every weight must be a finite number. Received: NaN or infinity in {weight.path}. Train again."
            )

    @tf.function
    def predict(**inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return model(inputs, training=False)

    specs = {
        tensor.name: tf.TensorSpec([1, *tensor.shape[1:]], tensor.dtype, name=tensor.name) for tensor in model.inputs
    }
    predict.get_concrete_function(**specs)
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(SIGNATURE, predict)
    archive.write_out(os.fspath(directory), verbose=False)


def convert(
    saved_model_dir: str | os.PathLike[str],
    destinations: Mapping[Precision, str | os.PathLike[str]],
    *,
    representative_sample: Mapping[str, np.ndarray] | None = None,
    timeout_secs: float = 600.0,
) -> None:
    """Converts the signature `predict` once for each precision.

    Args:
      saved_model_dir: what `export_for_conversion` wrote.
      destinations: a file for each precision; each is written whole or not at all.
      representative_sample: `{input: [example, ...]}`, what int8's ranges are measured on.
      timeout_secs: after which the conversion is given up.

    Raises:
      ConversionError: names what was wrong: a precision, a missing sample, an op that TFLite lacks, a crash.
    """
    _check_before(destinations, representative_sample)
    with tempfile.TemporaryDirectory() as directory:
        if representative_sample is not None:
            np.savez(Path(directory) / SAMPLE_FILE, **representative_sample)
        _run_worker([os.fspath(saved_model_dir), directory, *destinations], timeout_secs)
        for precision, destination in destinations.items():
            converted = Path(directory) / f"{precision}.tflite"
            _check_after(converted, precision)
            partial = Path(f"{os.fspath(destination)}.partial")
            partial.write_bytes(converted.read_bytes())
            partial.replace(destination)


def _check_before(
    destinations: Mapping[Precision, str | os.PathLike[str]], sample: Mapping[str, np.ndarray] | None
) -> None:
    unknown = sorted(set(destinations) - set(PRECISIONS))
    if unknown:
        raise ConversionError(f"precisions must be of {', '.join(PRECISIONS)}. Received: {', '.join(unknown)}.")
    if "int8" in destinations and not (sample and all(len(values) for values in sample.values())):
        raise ConversionError(
            "int8 needs a representative sample, to measure the ranges of activations on. Received: none or an empty "
            "one. Give calibration examples or leave int8 out."
        )


def _run_worker(arguments: list[str], timeout_secs: float) -> None:
    command = [sys.executable, "-m", "compression.conversion_worker", *arguments]
    root = str(Path(__file__).resolve().parents[1])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_secs, env=environment)
    except subprocess.TimeoutExpired:
        raise ConversionError(
            f"a conversion must end within {timeout_secs:g} seconds. Received: one that did not."
        ) from None
    if done.returncode != 0:
        raise ConversionError(_reason(done))


def _reason(done: subprocess.CompletedProcess) -> str:
    """What went wrong, from what the converter wrote on stderr."""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    missing = [line.strip() for line in lines if line.strip().startswith("tf.") and ":" not in line.split("(")[0]]
    named = [line for line in lines if "not supported" in line or "neither a custom op nor a flex op" in line]
    if missing or named:
        ops = "; ".join(dict.fromkeys([*missing, *named[-2:]]))
        return (
            f"every op of the model must be one of TFLite's built-in ones. Received: {ops[:600]}. "
            f"Replace the layer that uses it."
        )
    how = f"was ended by signal {-done.returncode}" if done.returncode < 0 else f"ended with {done.returncode}"
    return f"the converter {how}. Received on its stderr: " + " | ".join(lines[-5:])[-1500:]


def _check_after(path: Path, precision: str) -> None:
    interpreter = Interpreter(model_path=str(path))
    if list(interpreter.get_signature_list()) != [SIGNATURE]:
        raise ConversionError(
            f"the {precision} file must have the signature {SIGNATURE}. "
            f"Received: {list(interpreter.get_signature_list())}."
        )
