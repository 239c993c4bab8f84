"""The process that converts: `python -m compression.conversion.worker DIRECTORY`.

Does what DIRECTORY/request.json asks for and writes DIRECTORY/PRECISION.tflite for each precision; reads
DIRECTORY/representative_sample.npz for those that are calibrated. Ends with 1 and writes DIRECTORY/failure.json when it
cannot: `{"precision": …, "reason": …}`, a library's words, or `{"refusal": …}`, ours. Imports nothing that converting
does not need: every second of start-up is one of the pipeline's.
"""

import fnmatch
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from compression.conversion.errors import ConversionError
from compression.conversion.layer_names import LayerNames, read_layer_names
from compression.conversion.quantizer import quantize
from compression.conversion.request import FAILURE_FILE, SAMPLE_FILE, ConversionRequest
from compression.files.file_ops import read_operations
from compression.precisions import PRECISIONS, Precision


def main(directory: Path) -> int:
    """Converts to each precision, up to the first that fails; the process's exit code."""
    request = ConversionRequest.read(directory)
    precision: Precision = request.precisions[0]
    try:
        converted = convert(request)
        check_select_ops(converted, request)
        for precision in request.precisions:
            content = converted
            if precision != "float32" and not request.quantization_aware:
                content = quantize_file(converted, precision, request, directory)
            (directory / f"{precision}.tflite").write_bytes(content)
    except ConversionError as error:
        (directory / FAILURE_FILE).write_text(json.dumps({"refusal": str(error)}))
        return 1
    except Exception as error:  # The libraries raise many types; whichever it is becomes a ConversionError.
        failure = {"precision": precision, "reason": f"{type(error).__name__}: {error}"}
        (directory / FAILURE_FILE).write_text(json.dumps(failure))
        return 1
    return 0


def convert(request: ConversionRequest) -> bytes:
    """TensorFlow's converter: a float32 file, or an int8 one where fake-quantization nodes say how.

    Source of the latter: Jacob et al., "Quantization and Training of Neural Networks", CVPR 2018, section 3.
    """
    converter = tf.lite.TFLiteConverter.from_saved_model(request.saved_model, signature_keys=[request.signature])
    if request.select_ops:
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
    if request.quantization_aware:
        # The ranges are in the graph; a representative set would overrule them.
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
    return converter.convert()


def quantize_file(float_file: bytes, precision: Precision, request: ConversionRequest, directory: Path) -> bytes:
    """The float32 file at another precision."""
    with np.load(directory / SAMPLE_FILE) as sample:
        arrays = {name: sample[name] for name in sample.files}
    kept = find_kept_operations(float_file, request.keep_float, read_layer_names(request.saved_model))
    return quantize(float_file, precision, signature=request.signature, sample=arrays, keep_float=kept)


def find_kept_operations(float_file: bytes, patterns: Sequence[str], layers: LayerNames) -> list[str]:
    """Outputs' names of the operations whose layers a pattern fits.

    Raises:
      ConversionError: what a pattern fits computes nothing in the file.
    """
    kept = set()
    for pattern in patterns:
        fitting = {
            ";".join(operation.outputs)
            for operation in read_operations(float_file)
            if fnmatch.filter(layers.of_operation(operation.outputs), pattern)
        }
        if not fitting:
            raise ConversionError(
                f"a layer of keep_float must compute something in the file. Received: {pattern!r}, whose layers the "
                "converter took into others. Name layers with a kernel."
            )
        kept |= fitting
    return sorted(kept)


def check_select_ops(content: bytes, request: ConversionRequest) -> None:
    """Raises ConversionError for ops that `select_ops` does not allow, and for precisions that need to run them."""
    layers = read_layer_names(request.saved_model)
    used = {operation.name: operation for operation in read_operations(content) if operation.is_select}
    refused = [
        f"{name} ({', '.join(layers.of_operation(operation.outputs)) or 'in no layer'})"
        for name, operation in sorted(used.items())
        if name not in request.select_ops
    ]
    if refused:
        raise ConversionError(
            f"TensorFlow ops that TFLite lacks must be named in select_ops. Received: {', '.join(refused)}. Name them "
            "there, if the devices have TFLite's Flex delegate, or replace the layer."
        )
    calibrated = sorted(precision for precision in request.precisions if PRECISIONS[precision].needs_sample)
    if used and calibrated:
        raise ConversionError(
            f"a model with select ops cannot be calibrated: the quantizer's runtime has none of them. Received: "
            f"{', '.join(used)} and {', '.join(calibrated)}. Leave these precisions out or replace the layer."
        )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
