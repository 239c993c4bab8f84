"""Inference with a TFLite file. Needs no TensorFlow.

model = TFLiteModel("int8.tflite")
logits = model.predict({"image": images})["logits"]
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from records.stores import path_at
from serving.flex_delegate import WITHOUT_FLEX, has_flex_delegate
from serving.inference import Arrays, InferenceModel
from serving.tensor_info import TensorInfo


class TFLiteModelError(RuntimeError):
    """A file that is no TFLite model."""

    title = "TFLite model"
    exit_code = 1


@dataclass(frozen=True, kw_only=True)
class TFLiteTensor(TensorInfo):
    """An input or output of a TFLite file; `index` is the interpreter's number of it."""

    index: int


class TFLiteModel(InferenceModel):
    """A file with one signature.

    Not to be shared by threads: inputs and outputs lie in one place.
    """

    inputs: Mapping[str, TFLiteTensor]
    outputs: Mapping[str, TFLiteTensor]

    def __init__(self, path: str | os.PathLike[str], *, num_threads: int = 1, xnnpack: bool = True) -> None:
        """Reads the file, from any file system that `etils.epath` reaches.

        Args:
          path: the TFLite file.
          num_threads: threads of one call.
          xnnpack: whether XNNPACK may run what it can; without it, TFLite's built-in kernels run everything.

        Raises:
          TFLiteModelError: `path` is no TFLite file with one signature.
        """
        super().__init__()
        self._interpreter = _load(path, num_threads, xnnpack)
        signatures = self._interpreter.get_signature_list()
        if len(signatures) != 1:
            raise TFLiteModelError(
                f"a model must have one signature. Received: {path} with {len(signatures)}. Convert the model again."
            )
        [signature] = signatures
        runner = self._interpreter.get_signature_runner(signature)
        self.inputs = {name: _info(name, detail) for name, detail in runner.get_input_details().items()}
        self.outputs = {name: _info(name, detail) for name, detail in runner.get_output_details().items()}
        self._batch_size = self.own_batch_size
        self._resizable = True

    @property
    def delegated(self) -> bool:
        """Whether a delegate such as XNNPACK runs (part of) the graph; latency without one is not what devices show."""
        return any(op["op_name"] == "DELEGATE" for op in self._interpreter._get_ops_details())

    def _bind(self, arrays: Arrays) -> Callable[[], object]:
        self._set(arrays)
        return self._interpreter.invoke

    def _run(self, arrays: Arrays) -> dict[str, np.ndarray]:
        self._set(arrays)
        self._interpreter.invoke()
        return {
            name: tensor.dequantize(self._interpreter.get_tensor(tensor.index)) for name, tensor in self.outputs.items()
        }

    def _set(self, arrays: Arrays) -> None:
        for name, tensor in self.inputs.items():
            self._interpreter.set_tensor(tensor.index, tensor.quantize(arrays[name]))

    def _widen(self, batch_size: int) -> bool:
        # A graph may hold its batch size in a constant, as that of Keras's Flatten does.
        if batch_size == self._batch_size:
            return True
        if not self._resizable:
            return False
        try:
            self._resize(batch_size)
            # Such a constant may also leave a graph that runs, and answers for fewer examples than it was given.
            self._resizable = all(detail["shape"][0] == batch_size for detail in self._interpreter.get_output_details())
        except RuntimeError:
            self._resizable = False
        if not self._resizable:
            self._resize(self.own_batch_size)
        return self._batch_size == batch_size

    def _resize(self, batch_size: int | None) -> None:
        for tensor in self.inputs.values():
            self._interpreter.resize_tensor_input(tensor.index, [batch_size, *tensor.shape[1:]])
        self._interpreter.allocate_tensors()
        self._batch_size = batch_size


def _load(path: str | os.PathLike[str], num_threads: int, xnnpack: bool) -> Interpreter:
    try:
        content = path_at(path).read_bytes()
        try:
            return _make(Interpreter, OpResolverType, content, num_threads, xnnpack)
        except RuntimeError as error:
            if "Select TensorFlow op" not in str(error):
                raise
            if not has_flex_delegate():
                raise TFLiteModelError(
                    f"{WITHOUT_FLEX}. Received: {path}, which has select ops. Run it with TensorFlow 2.16, or on a "
                    "device with the delegate."
                ) from None
        # Only TensorFlow's own interpreter has the Flex delegate. Delete when TFX 1.16 goes: 2.21's has none either.
        import tensorflow as tf

        return _make(tf.lite.Interpreter, tf.lite.experimental.OpResolverType, content, num_threads, xnnpack)
    except (OSError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise TFLiteModelError(
            f"a model must be a readable TFLite file. Received: {path} ({reason}). Convert the model again."
        ) from None


def _make(interpreter: Any, resolvers: Any, content: bytes, num_threads: int, xnnpack: bool) -> Interpreter:
    kernels = resolvers.BUILTIN if xnnpack else resolvers.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    made = interpreter(model_content=content, num_threads=num_threads, experimental_op_resolver_type=kernels)
    # Before the first use of anything else: in TensorFlow 2.16's interpreter, a runner that is made earlier would not
    # get the delegate.
    made.allocate_tensors()
    return made


def _info(name: str, detail: Mapping[str, Any]) -> TFLiteTensor:
    scale, zero_point = detail["quantization"]
    return TFLiteTensor(
        name=name,
        shape=tuple(int(size) for size in detail["shape"]),
        dtype=np.dtype(detail["dtype"]),
        scale=float(scale),
        zero_point=int(zero_point),
        index=detail["index"],
    )
