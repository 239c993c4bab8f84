"""Tensors of gRPC messages: NumPy arrays out of them and into them."""

import math
from collections.abc import Iterable, Mapping

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from serving.server.errors import invalid

# The field of TensorProto that holds the values of a type, as Tensor::AsProtoField fills it: clients read these fields.
_FIELDS = {
    np.dtype(name): (tf.as_dtype(np.dtype(name)).as_datatype_enum, field)
    for name, field in {
        "float32": "float_val",
        "float64": "double_val",
        "int8": "int_val",
        "uint8": "int_val",
        "int16": "int_val",
        "uint16": "int_val",
        "int32": "int_val",
        "uint32": "uint32_val",
        "int64": "int64_val",
        "uint64": "uint64_val",
        "bool": "bool_val",
        "object": "string_val",
    }.items()
}


def to_arrays(inputs: Mapping[str, tensor_pb2.TensorProto]) -> dict[str, np.ndarray]:
    """Arrays by name.

    Raises:
      RequestError: a message is no tensor, such as one with fewer bytes than its shape says.
    """
    return {name: _to_array(name, tensor) for name, tensor in inputs.items()}


def _to_array(name: str, tensor: tensor_pb2.TensorProto) -> np.ndarray:
    shape = [axis.size for axis in tensor.tensor_shape.dim]
    if tensor.tensor_shape.unknown_rank or any(size < 0 for size in shape):
        raise invalid(f"tensor {name} must have a shape of known sizes. Received: {shape}.")
    # A single value stands for all of a shape that says more of them, so a few bytes could ask for all memory.
    given = max(len(tensor.tensor_content), tensor.ByteSize())
    if math.prod(shape) > max(given, 1):
        raise invalid(f"tensor {name} must hold all values of its shape, {shape}. Received: {given} bytes.")
    try:
        return tf.make_ndarray(tensor)
    except (ValueError, TypeError, KeyError) as error:
        raise invalid(f"tensor {name} must be as TensorFlow writes tensors. Received: {error}.") from None


def fill_tensors(
    outputs: Mapping[str, np.ndarray], names: Iterable[str], target: "Mapping[str, tensor_pb2.TensorProto]"
) -> None:
    """Writes these outputs into a map of messages."""
    for name in names:
        array, tensor = outputs[name], target[name]
        if array.dtype not in _FIELDS:
            tensor.CopyFrom(tf.make_tensor_proto(array))
            continue
        tensor.dtype, field = _FIELDS[array.dtype]
        for size in array.shape:
            tensor.tensor_shape.dim.add(size=size)
        getattr(tensor, field).extend(array.ravel().tolist())
