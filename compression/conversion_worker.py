"""The process that converts: `python -m compression.conversion_worker SAVED_MODEL DIRECTORY PRECISION...`.

Writes DIRECTORY/PRECISION.tflite; reads DIRECTORY/representative_sample.npz for int8.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf

from compression.convert import SAMPLE_FILE, SIGNATURE


def main(saved_model: str, directory: str, *precisions: str) -> None:
    """Converts to each precision."""
    for precision in precisions:
        content = quantized(saved_model, precision, Path(directory) / SAMPLE_FILE)
        (Path(directory) / f"{precision}.tflite").write_bytes(content)


def quantized(saved_model: str, precision: str, sample_file: Path) -> bytes:
    """One TFLite file. The one place that knows a quantizer: TensorFlow's own, part of its converter."""
    converter = tf.lite.TFLiteConverter.from_saved_model(saved_model, signature_keys=[SIGNATURE])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if precision != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if precision == "int8":
        converter.representative_dataset = lambda: representative_examples(sample_file)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
    return converter.convert()


def representative_examples(sample_file: Path) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """(signature, `{input: [1, ...]}`) for each example of the sample."""
    sample = np.load(sample_file)
    arrays = {name: sample[name] for name in sample.files}
    for index in range(len(next(iter(arrays.values())))):
        yield SIGNATURE, {name: values[index : index + 1] for name, values in arrays.items()}


if __name__ == "__main__":
    main(*sys.argv[1:])
