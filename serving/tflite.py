"""Inference with a TFLite file. Needs no TensorFlow.

model = TFLiteModel("int8.tflite")
logits = model.predict({"image": images})["logits"]
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from etils import epath


class TFLiteModelError(RuntimeError):
    """A file that is no TFLite model."""

    title = "TFLite model"
    exit_code = 1


class TFLiteInputError(ValueError):
    """An input that the model does not take."""

    title = "TFLite input"
    exit_code = 2


@dataclass(frozen=True, kw_only=True)
class TensorInfo:
    """One input or output. `scale` is zero where the tensor is not quantized."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    scale: float
    zero_point: int
    index: int

    def quantize(self, values: np.ndarray) -> np.ndarray:
        """Real values to the tensor's type: rounded to the nearest step and clipped to the range.

        Source: Jacob et al., "Quantization and Training of Neural Networks", CVPR 2018, equation 1.
        """
        if not self.scale:
            return values.astype(self.dtype)
        limits = np.iinfo(self.dtype)
        steps = np.rint(values / self.scale) + self.zero_point
        return np.clip(steps, limits.min, limits.max).astype(self.dtype)

    def dequantize(self, values: np.ndarray) -> np.ndarray:
        """The tensor's values as real values."""
        if not self.scale:
            return values
        return ((values.astype(np.float32) - self.zero_point) * self.scale).astype(np.float32)


class TFLiteModel:
    """A model with one signature; inputs and outputs go by the signature's names and are real values.

    Not to be shared by threads: inputs and outputs lie in one place.

    Attributes:
      inputs: `{name: TensorInfo}`, shapes at the file's own batch size.
      outputs: the same of the outputs.
    """

    def __init__(self, path: str | os.PathLike[str], *, num_threads: int = 1) -> None:
        """Reads the file, from any file system that `etils.epath` reaches.

        Raises:
          TFLiteModelError: `path` is no TFLite file with one signature.
        """
        self._interpreter = _load(path, num_threads)
        signatures = self._interpreter.get_signature_list()
        if len(signatures) != 1:
            raise TFLiteModelError(
                f"a model must have one signature. Received: {path} with {len(signatures)}. Convert the model again."
            )
        [self._signature] = signatures
        runner = self._interpreter.get_signature_runner(self._signature)
        self.inputs = {name: _info(name, detail) for name, detail in runner.get_input_details().items()}
        self.outputs = {name: _info(name, detail) for name, detail in runner.get_output_details().items()}
        self._own_batch_size = next(iter(self.inputs.values())).shape[0]
        self._batch_size = self._own_batch_size
        self._resizable = True

    @property
    def delegated(self) -> bool:
        """Whether a delegate such as XNNPACK runs (part of) the graph; latency without one is not what devices show."""
        return any(op["op_name"] == "DELEGATE" for op in self._interpreter._get_ops_details())

    def predict(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Runs the model on a batch of any size.

        A graph that holds its batch size in a constant, as that of Keras's Flatten does, is run once for each example.

        Args:
          inputs: `{name: [batch, ...]}`, real values.

        Returns:
          `{name: [batch, ...]}`, real values.

        Raises:
          TFLiteInputError: names, shapes, types or values are not what the model takes.
        """
        arrays, batch_size = self._checked(inputs)
        if self._resized(batch_size):
            return self._run(arrays)
        step = self._own_batch_size
        if batch_size % step:
            raise TFLiteInputError(
                f"the batch size must be a multiple of {step}. Received: {batch_size}. Pad the batch."
            )
        chunks = [
            self._run({name: values[start : start + step] for name, values in arrays.items()})
            for start in range(0, batch_size, step)
        ]
        return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in self.outputs}

    def prepare(self, inputs: Mapping[str, np.ndarray]) -> Callable[[], None]:
        """Sets the inputs and returns what runs the graph on them, and nothing else: what to measure latency of.

        Args:
          inputs: `{name: [batch, ...]}`, real values.

        Raises:
          TFLiteInputError: as in `predict`, or the graph holds another batch size in a constant.
        """
        arrays, batch_size = self._checked(inputs)
        if not self._resized(batch_size):
            raise TFLiteInputError(
                f"the batch size must be {self._own_batch_size}, which the graph holds in a constant. "
                f"Received: {batch_size}. Take a batch of that size, or reshape with -1 in the model."
            )
        self._set(arrays)
        return self._interpreter.invoke

    def _run(self, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        self._set(arrays)
        self._interpreter.invoke()
        return {
            name: tensor.dequantize(self._interpreter.get_tensor(tensor.index)) for name, tensor in self.outputs.items()
        }

    def _set(self, arrays: Mapping[str, np.ndarray]) -> None:
        for name, tensor in self.inputs.items():
            self._interpreter.set_tensor(tensor.index, tensor.quantize(arrays[name]))

    def _resized(self, batch_size: int) -> bool:
        """Whether the graph now runs at this batch size; if not, it runs at its own."""
        if batch_size == self._batch_size:
            return True
        if not self._resizable:
            return False
        try:
            self._resize(batch_size)
        except RuntimeError:
            self._resizable = False
            self._resize(self._own_batch_size)
        return self._batch_size == batch_size

    def _resize(self, batch_size: int) -> None:
        for tensor in self.inputs.values():
            self._interpreter.resize_tensor_input(tensor.index, [batch_size, *tensor.shape[1:]])
        self._interpreter.allocate_tensors()
        self._batch_size = batch_size

    def _checked(self, inputs: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], int]:
        if set(inputs) != set(self.inputs):
            raise TFLiteInputError(
                f"inputs must be named {sorted(self.inputs)}. Received: {sorted(inputs)}. Name all, and only these."
            )
        arrays = {name: np.asarray(values) for name, values in inputs.items()}
        for name, tensor in self.inputs.items():
            _check(tensor, arrays[name])
        sizes = {len(values) for values in arrays.values()}
        if len(sizes) != 1:
            raise TFLiteInputError(
                f"inputs must have one batch size. Received: {sorted(sizes)}. Give as many examples of each."
            )
        return arrays, sizes.pop()


def _load(path: str | os.PathLike[str], num_threads: int) -> Interpreter:
    try:
        interpreter = Interpreter(model_content=epath.Path(path).read_bytes(), num_threads=num_threads)
        # Before the first use of anything else: a runner that is made earlier would not get the delegate.
        interpreter.allocate_tensors()
    except (OSError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise TFLiteModelError(
            f"a model must be a readable TFLite file. Received: {path} ({reason}). Convert the model again."
        ) from None
    return interpreter


def _check(tensor: TensorInfo, values: np.ndarray) -> None:
    """Raises TFLiteInputError when an input's shape, type or values are not the tensor's."""
    if values.ndim != len(tensor.shape) or values.shape[1:] != tensor.shape[1:] or not len(values):
        expected = ", ".join(["batch", *map(str, tensor.shape[1:])])
        raise TFLiteInputError(
            f"input {tensor.name} must be of shape [{expected}], batch at least 1. Received: {list(values.shape)}. "
            "Stack examples along the first axis."
        )
    taken = np.dtype(np.float32) if tensor.scale else tensor.dtype
    if not np.can_cast(values.dtype, taken, casting="same_kind"):
        raise TFLiteInputError(
            f"input {tensor.name} must be {taken}. Received: {values.dtype}. Convert it, or quantize nothing yourself."
        )
    if taken.kind == "i" and np.any(values.astype(taken) != values):
        raise TFLiteInputError(f"input {tensor.name} must fit into {taken}. Received: up to {values.max()}. Clip it.")
    if tensor.scale and np.isnan(values).any():
        raise TFLiteInputError(f"input {tensor.name} must have no NaN. Received: NaN, which int8 has not. Impute it.")


def _info(name: str, detail: Mapping[str, Any]) -> TensorInfo:
    scale, zero_point = detail["quantization"]
    return TensorInfo(
        name=name,
        shape=tuple(int(size) for size in detail["shape"]),
        dtype=np.dtype(detail["dtype"]),
        scale=float(scale),
        zero_point=int(zero_point),
        index=detail["index"],
    )
