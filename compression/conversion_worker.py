"""The process that converts: `python -m compression.conversion_worker SAVED_MODEL SIGNATURE DIRECTORY PRECISION...`.

Writes DIRECTORY/PRECISION.tflite for each; reads DIRECTORY/representative_sample.npz for int8. Ends with 1 and writes
DIRECTORY/failure.json, `{"precision": …, "reason": …}`, when the converter refuses. Imports nothing that converting
does not need: every second of start-up is one of the pipeline's.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf

SAMPLE_FILE = "representative_sample.npz"
FAILURE_FILE = "failure.json"
# Need a sample to measure the ranges of activations on.
CALIBRATED = frozenset({"int8", "int16x8"})


def main(saved_model: str, signature: str, directory: str, *precisions: str) -> int:
    """Converts to each precision, up to the first that fails; the process's exit code."""
    for precision in precisions:
        try:
            content = quantized(saved_model, signature, precision, Path(directory) / SAMPLE_FILE)
        except Exception as error:  # The converter raises many types; whichever it is becomes a ConversionError.
            failure = {"precision": precision, "reason": f"{type(error).__name__}: {error}"}
            (Path(directory) / FAILURE_FILE).write_text(json.dumps(failure))
            return 1
        (Path(directory) / f"{precision}.tflite").write_bytes(content)
    return 0


def quantized(saved_model: str, signature: str, precision: str, sample_file: Path) -> bytes:
    """One TFLite file. The one place that knows a quantizer: TensorFlow's own, part of its converter.

    Source: https://ai.google.dev/edge/litert/models/post_training_quantization
    """
    converter = tf.lite.TFLiteConverter.from_saved_model(saved_model, signature_keys=[signature])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if precision != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if precision in CALIBRATED:
        converter.representative_dataset = lambda: representative_examples(signature, sample_file)
    if precision == "int8":
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
    if precision == "int16x8":
        # Activations of 16 bits, weights of 8; inputs and outputs stay float32.
        int16 = tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        converter.target_spec.supported_ops = [int16]
    return converter.convert()


def representative_examples(signature: str, sample_file: Path) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """(signature, `{input: [1, ...]}`) for each example of the sample."""
    with np.load(sample_file) as sample:
        arrays = {name: sample[name] for name in sample.files}
    for index in range(len(next(iter(arrays.values())))):
        yield signature, {name: values[index : index + 1] for name, values in arrays.items()}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
