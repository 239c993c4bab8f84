"""What must hold before a conversion, and after it."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from tensorflow.core.protobuf import trackable_object_graph_pb2

from compression.conversion.errors import ConversionError
from compression.conversion.signature import Signature
from compression.files.file_ops import open_file
from compression.precisions import PRECISIONS, Precision

# Of int8 steps: below it, 256 steps span less than rounding leaves of float32 activations.
SMALLEST_SCALE = 1e-7
# Of inputs; the runtimes take integers as they are, whatever the precision.
INPUT_DTYPES = (tf.float32, tf.int32, tf.int64)

logger = logging.getLogger(__name__)


def check_inputs(signature: Signature) -> None:
    """Static shapes, because XNNPACK takes others in parts at most; batch size 1, which is widened again when the file
    is run.

    Raises:
      ConversionError: names the input.
    """
    for name, spec in signature.inputs.items():
        if not spec.shape.is_fully_defined() or spec.shape.rank == 0 or spec.shape[0] != 1:
            raise ConversionError(
                f"input {name} of {signature.name} must have a static shape with batch size 1. Received: {spec.shape}. "
                "Give its layers' sizes, and export with `export_for_conversion`."
            )
        check_dtype(spec.dtype, f"input {name} of {signature.name}")


def check_dtype(dtype: tf.DType, what: str) -> None:
    """Raises ConversionError for a type of an input, `what`, that files do not take."""
    if dtype not in INPUT_DTYPES:
        raise ConversionError(
            f"{what} must be {', '.join(each.name for each in INPUT_DTYPES[:-1])} or {INPUT_DTYPES[-1].name}. "
            f"Received: {dtype.name}. Make numbers of text, and cast others, before the model: "
            "tf.cast(x, tf.int32) in preprocessing_fn."
        )


def check_weights(saved_model_dir: str | os.PathLike[str]) -> None:
    """Every weight is a finite number: the converter does not look, and quantizes a NaN to anything.

    Raises:
      ConversionError: names the variables.
    """
    prefix = Path(saved_model_dir) / "variables" / "variables"
    if not Path(f"{prefix}.index").exists():
        return
    reader = tf.train.load_checkpoint(os.fspath(prefix))
    graph = trackable_object_graph_pb2.TrackableObjectGraph.FromString(
        reader.get_tensor("_CHECKPOINTABLE_OBJECT_GRAPH")
    )
    names = {
        attribute.checkpoint_key: attribute.full_name or attribute.checkpoint_key
        for node in graph.nodes
        for attribute in node.attributes
    }
    dtypes = reader.get_variable_to_dtype_map()
    broken = {
        name
        for key, name in names.items()
        if dtypes[key].is_floating and not np.all(np.isfinite(reader.get_tensor(key).astype(np.float32)))
    }
    if broken:
        raise ConversionError(
            f"every weight must be a finite number. Received: NaN or infinity in {', '.join(sorted(broken))}. "
            "Train again, with a lower learning rate or clipped gradients."
        )


def check_sample(signature: Signature, sample: Mapping[str, np.ndarray] | None) -> dict[str, np.ndarray]:
    """Examples of every input, `{input: [example, ...]}`, in the signature's types.

    Raises:
      ConversionError: the sample is missing, empty, not of the signature's inputs, or holds NaN or infinity.
    """
    rule = "int8 needs a representative sample, to measure the ranges of activations on"
    if not sample or not all(len(values) for values in sample.values()):
        raise ConversionError(f"{rule}. Received: none or an empty one. Give calibration examples or leave int8 out.")
    if set(sample) != set(signature.inputs):
        raise ConversionError(
            f"{rule}, of the inputs {sorted(signature.inputs)}. Received: {sorted(sample)}. "
            "Name all inputs, and only them."
        )
    for name, spec in signature.inputs.items():
        shape, expected = np.shape(sample[name]), tuple(spec.shape[1:])
        if shape[1:] != expected:
            raise ConversionError(
                f"{rule}; that of {name} must be of shape [example, {', '.join(map(str, expected))}]. "
                f"Received: {list(shape)}. Stack examples as the model takes them."
            )
        if not np.all(np.isfinite(sample[name])):
            raise ConversionError(
                f"{rule}; that of {name} must be finite. Received: NaN or infinity. Mend the examples."
            )
    sizes = {name: len(values) for name, values in sample.items()}
    if len(set(sizes.values())) > 1:
        raise ConversionError(
            f"{rule}, with as many examples of every input. Received: {sizes}. Take all from the same examples."
        )
    count = max(sizes.values())
    if count > 1 and all(np.all(np.asarray(values) == np.asarray(values)[:1]) for values in sample.values()):
        raise ConversionError(f"{rule}; it must vary. Received: {count} equal examples. Take real ones.")
    return {name: np.asarray(sample[name], spec.dtype.as_numpy_dtype) for name, spec in signature.inputs.items()}


def check_file(path: Path, precision: Precision, signature: Signature) -> None:
    """The file loads, and takes and gives what the signature does, or int8 in place of float32 at the precision int8.

    Raises:
      ConversionError: the converter wrote something else.
    """
    again = "Leave this precision out."
    try:
        interpreter = open_file(path)
        runner = interpreter.get_signature_runner(signature.name)
    except (ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise ConversionError(f"the {precision} file must load. Received: {reason}. {again}") from None
    for expected, found in [
        (signature.inputs, runner.get_input_details()),
        (signature.outputs, runner.get_output_details()),
    ]:
        tensors = {name: (detail["shape"].tolist(), np.dtype(detail["dtype"]).name) for name, detail in found.items()}
        if not _agree(expected, tensors, precision):
            raise ConversionError(
                f"the {precision} file must have the tensors {_written(expected)}. Received: {tensors}. {again}"
            )
    if PRECISIONS[precision].has_integer_ends:
        _check_ranges(interpreter)


def _agree(
    expected: Mapping[str, tf.TensorSpec], tensors: Mapping[str, tuple[list[int], str]], precision: Precision
) -> bool:
    if set(expected) != set(tensors):
        return False
    for name, spec in expected.items():
        shape, dtype = tensors[name]
        quantized = PRECISIONS[precision].has_integer_ends and spec.dtype == tf.float32
        if dtype != ("int8" if quantized else spec.dtype.name) or not spec.shape.is_compatible_with(shape):
            return False
    return True


def _written(specs: Mapping[str, tf.TensorSpec]) -> str:
    return ", ".join(f"{name} {spec.shape} {spec.dtype.name}" for name, spec in specs.items())


def _check_ranges(interpreter: Interpreter) -> None:
    """Raises ConversionError for an activation that never left zero: XNNPACK crashes on such a scale."""
    outputs = {index for op in interpreter._get_ops_details() for index in op["outputs"]}
    for tensor in interpreter.get_tensor_details():
        scale, _ = tensor["quantization"]
        if tensor["index"] in outputs and 0 < scale < SMALLEST_SCALE:
            raise ConversionError(
                f"int8 needs activations that vary. Received: {tensor['name']}, which is constant on the whole sample: "
                f"its units are dead. Train again with another seed or a lower learning rate, give the layer more "
                f"units (a smaller se_ratio), or an activation that does not die, such as silu."
            )


def warn_of_float_operations(path: Path) -> None:
    """Names what an int8 file computes in float32 for want of an int8 kernel."""
    interpreter = open_file(path)
    dtypes = {tensor["index"]: tensor["dtype"] for tensor in interpreter.get_tensor_details()}
    ops = {
        op["op_name"]
        for op in interpreter._get_ops_details()
        if any(dtypes.get(index) is np.float32 for index in [*op["inputs"], *op["outputs"]])
    } - {"QUANTIZE", "DEQUANTIZE"}
    if ops:
        logger.warning(
            "The int8 file runs %s in float32, having no int8 kernel for it: it needs hardware with floating point.",
            ", ".join(sorted(ops)),
        )
