"""Inputs and outputs of a SavedModel's signature, read without loading its graph."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

import tensorflow as tf
from etils import epath
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

from compression.conversion.errors import ConversionError


@dataclass(frozen=True, kw_only=True)
class Signature:
    """What a signature takes and gives, by name."""

    name: str
    inputs: Mapping[str, tf.TensorSpec]
    outputs: Mapping[str, tf.TensorSpec]


def read_signature(saved_model_dir: str | os.PathLike[str], name: str) -> Signature:
    """The signature `name`.

    Raises:
      ConversionError: the directory holds no SavedModel, or one without this signature.
    """
    path = epath.Path(saved_model_dir) / "saved_model.pb"
    try:
        saved_model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    except (FileNotFoundError, DecodeError) as error:
        raise ConversionError(
            f"a model must be converted from a SavedModel. Received: {path} ({type(error).__name__}). Export it again."
        ) from None
    signatures = {
        key: definition
        for graph in saved_model.meta_graphs
        for key, definition in graph.signature_def.items()
        if not key.startswith("__")
    }
    if name not in signatures:
        raise ConversionError(
            f"the signature {name} must be one of the SavedModel's. Received: a SavedModel with "
            f"{', '.join(sorted(signatures)) or 'none'}. Export it with this signature, or name another."
        )
    return Signature(name=name, inputs=_specs(signatures[name].inputs), outputs=_specs(signatures[name].outputs))


def _specs(tensors: Mapping[str, meta_graph_pb2.TensorInfo]) -> dict[str, tf.TensorSpec]:
    return {
        name: tf.TensorSpec(tf.TensorShape(tensor.tensor_shape), tf.dtypes.as_dtype(tensor.dtype), name=name)
        for name, tensor in tensors.items()
    }
