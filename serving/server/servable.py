"""What a server runs: the signatures of one version of a model, whatever file it lies in."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

from records.bundle import BUNDLE
from records.stores import path_at
from serving.inference import Arrays
from serving.readable import readable
from serving.saved_model import load_saved_model
from serving.server.errors import CODES, Code, RequestError, invalid
from serving.tensor_info import ModelInputError, TensorInfo
from serving.tflite import TFLiteModel

DEFAULT_SIGNATURE = "serving_default"
PREDICT_METHOD = "tensorflow/serving/predict"
# Those that start-up and training leave in a SavedModel, which no client calls.
_INTERNAL_PREFIX = "__saved_model"
_WARM_UP = "assets.extra/tf_serving_warmup_requests"


@dataclass(frozen=True, kw_only=True)
class Signature:
    """One signature, called by the names that it gives its inputs and outputs.

    Attributes:
      name: its name.
      inputs: `{name: TensorInfo}`.
      outputs: the same.
      definition: as TensorFlow Serving tells it to clients.
      call: runs it on what was checked; threads may share it.
    """

    name: str
    inputs: Mapping[str, TensorInfo]
    outputs: Mapping[str, TensorInfo]
    definition: meta_graph_pb2.SignatureDef
    call: Callable[[Arrays], dict[str, np.ndarray]]

    @property
    def mixes(self) -> bool:
        """Whether rows of several requests may go through it together.

        The first axis must be open everywhere, and no other axis of an input: a signature that takes a support set,
        whose size is open too, computes across it.
        """
        shapes = [info.shape for info in (*self.inputs.values(), *self.outputs.values())]
        return all(shape and shape[0] is None for shape in shapes) and all(
            None not in info.shape[1:] for info in self.inputs.values()
        )

    def check(self, inputs: Arrays) -> None:
        """Raises RequestError for names, types or shapes that the signature does not take."""
        if inputs.keys() != self.inputs.keys():
            raise invalid(_wrong_names(set(inputs), set(self.inputs)))
        for name, info in self.inputs.items():
            array = inputs[name]
            if array.dtype != info.dtype:
                raise invalid(
                    f"input {name} must be of type {_type_name(info.dtype)}. Received: {_type_name(array.dtype)}."
                )
            if array.ndim != len(info.shape) or any(
                want is not None and want != size for want, size in zip(info.shape, array.shape, strict=True)
            ):
                wanted = ", ".join("any" if size is None else str(size) for size in info.shape)
                raise invalid(f"input {name} must be of shape [{wanted}]. Received: {list(array.shape)}.")

    def run(self, inputs: Arrays) -> dict[str, np.ndarray]:
        """Outputs by name.

        Raises:
          RequestError: the model refuses the values, or fails.
        """
        try:
            return self.call(inputs)
        except tf.errors.OpError as error:
            raise RequestError(CODES.get(error.error_code, Code.UNKNOWN), _reason(error)) from error
        except ModelInputError as error:
            raise invalid(str(error)) from None


def load(path: os.PathLike[str] | str, variant: str | None = None) -> dict[str, Signature]:
    """The signatures of a pushed version by name, warmed up by the requests that lie in it.

    Args:
      path: directory of the version.
      variant: name of one of its TFLite files, which is taken in place of the SavedModel.

    Raises:
      SavedModelError, TFLiteModelError: it cannot be read.
      RequestError: it fails on a request that it is to be warmed up by.
    """
    if variant is not None:
        return _load_tflite(path_at(path) / BUNDLE / f"{variant}.tflite")
    with readable(path) as directory:
        loaded = load_saved_model(directory)
        definitions = _definitions(directory)
        signatures = {
            name: _signature(name, function, definitions[name], loaded)
            for name, function in loaded.signatures.items()
            if not name.startswith(_INTERNAL_PREFIX)
        }
        for name, inputs in _warm_up_requests(os.path.join(directory, _WARM_UP)):
            if name in signatures:
                signatures[name].check(inputs)
                signatures[name].run(inputs)
    return signatures


def _definitions(directory: str) -> Mapping[str, meta_graph_pb2.SignatureDef]:
    saved = saved_model_pb2.SavedModel.FromString(tf.io.gfile.GFile(f"{directory}/saved_model.pb", "rb").read())
    return next(graph.signature_def for graph in saved.meta_graphs if "serve" in graph.meta_info_def.tags)


def _signature(name: str, function: Any, definition: meta_graph_pb2.SignatureDef, loaded: Any) -> Signature:
    inputs = {key: _info(key, tensor) for key, tensor in sorted(definition.inputs.items())}
    for key, tensor in definition.inputs.items():
        if tensor.tensor_shape.unknown_rank:
            raise RequestError(
                Code.UNIMPLEMENTED, f"input {key} of signature {name} must have a known number of axes. Received: any."
            )

    # `loaded` is held, for a function alone would let its variables go.
    def call(arrays: Arrays, owner: Any = loaded) -> dict[str, np.ndarray]:
        tensors = {key: tf.constant(value) for key, value in arrays.items()}
        return {key: value.numpy() for key, value in function(**tensors).items()}

    return Signature(
        name=name,
        inputs=inputs,
        outputs={key: _info(key, tensor) for key, tensor in sorted(definition.outputs.items())},
        definition=definition,
        call=call,
    )


def _load_tflite(path: os.PathLike[str]) -> dict[str, Signature]:
    """A file has one signature and no names for it: clients ask for the default, or for `predict`."""
    model = TFLiteModel(path)
    lock = threading.Lock()

    def call(arrays: Arrays) -> dict[str, np.ndarray]:
        with lock:
            return model.predict(arrays)

    signatures = {}
    for name in (DEFAULT_SIGNATURE, "predict"):
        inputs, outputs = ({key: _real(info) for key, info in each.items()} for each in (model.inputs, model.outputs))
        definition = meta_graph_pb2.SignatureDef(method_name=PREDICT_METHOD)
        for infos, field in ((inputs, definition.inputs), (outputs, definition.outputs)):
            for key, info in infos.items():
                field[key].name = key
                field[key].dtype = tf.as_dtype(info.dtype).as_datatype_enum
                field[key].tensor_shape.CopyFrom(tf.TensorShape(info.shape).as_proto())
        signatures[name] = Signature(name=name, inputs=inputs, outputs=outputs, definition=definition, call=call)
    return signatures


def _real(info: TensorInfo) -> TensorInfo:
    """What a client sends or gets: real values of any batch size, whatever the file holds."""
    return TensorInfo(
        name=info.name, shape=(None, *info.shape[1:]), dtype=np.dtype(np.float32) if info.scale else info.dtype
    )


def _info(name: str, tensor: meta_graph_pb2.TensorInfo) -> TensorInfo:
    shape = tuple(None if axis.size < 0 else axis.size for axis in tensor.tensor_shape.dim)
    return TensorInfo(name=name, shape=shape, dtype=np.dtype(tf.as_dtype(tensor.dtype).as_numpy_dtype))


def _warm_up_requests(path: str) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """Signature and inputs of each predict request that lies in a version; see saved_model_warmup.cc."""
    if not tf.io.gfile.exists(path):
        return
    from tensorflow_serving.apis import prediction_log_pb2

    for record in tf.data.TFRecordDataset(path).as_numpy_iterator():
        log = prediction_log_pb2.PredictionLog.FromString(record)
        if log.HasField("predict_log"):
            request = log.predict_log.request
            name = request.model_spec.signature_name or DEFAULT_SIGNATURE
            yield name, {key: tf.make_ndarray(tensor) for key, tensor in request.inputs.items()}


def _wrong_names(given: set[str], wanted: set[str]) -> str:
    """As VerifyRequestInputsSize of predict_util.cc says it."""
    return (
        f"input size does not match signature: {len(given)}!={len(wanted)} len({{{','.join(sorted(given))}}}) != "
        f"len({{{','.join(sorted(wanted))}}}). Sent extra: {{{','.join(sorted(given - wanted))}}}. "
        f"Missing but required: {{{','.join(sorted(wanted - given))}}}."
    )


def _type_name(dtype: np.dtype) -> str:
    return "string" if dtype.kind == "O" else dtype.name


def _reason(error: tf.errors.OpError) -> str:
    """What the op said, out of where it stands in the graph and in the code that made it."""
    lines = [line.strip() for line in error.message.split("\n") if line.strip()]
    place = next((number for number, line in enumerate(lines) if line.startswith("[[{{")), len(lines))
    return lines[place - 1] if place else error.message
