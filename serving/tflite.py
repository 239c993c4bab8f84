"""Inference with a TFLite file. Needs no TensorFlow.

model = TFLiteModel("int8.tflite")
logits = model.predict({"image": images})["logits"]
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

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
    """A model with one signature; inputs and outputs go by the signature's names and are real values."""

    def __init__(self, path: str | os.PathLike[str], *, num_threads: int = 1) -> None:
        """Reads `path` from any file system. Raises TFLiteModelError when it is no TFLite file with one signature."""
        advice = "Convert the model again."
        try:
            content = epath.Path(path).read_bytes()
            self._interpreter = Interpreter(model_content=content, num_threads=num_threads)
        except (OSError, ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise TFLiteModelError(
                f"a model must be a readable TFLite file. Received: {path} ({reason}). {advice}"
            ) from None
        signatures = self._interpreter.get_signature_list()
        if len(signatures) != 1:
            raise TFLiteModelError(
                f"a model must have one signature. Received: {path} with {len(signatures)}. {advice}"
            )
        [self._signature] = signatures
        # Before the first use of anything else: a runner that is made earlier would not get the delegate.
        self._interpreter.allocate_tensors()
        self.inputs, self.outputs = self._tensors()
        self._batch_size = next(iter(self.inputs.values())).shape[0]

    @property
    def delegated(self) -> bool:
        """Whether a delegate such as XNNPACK runs (part of) the graph; latency without one is not what devices show."""
        return any(op["op_name"] == "DELEGATE" for op in self._interpreter._get_ops_details())

    def predict(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Runs the model on a batch of any size.

        Args:
          inputs: `{name: [batch, ...]}`, real values.

        Returns:
          `{name: [batch, ...]}`, real values.

        Raises:
          TFLiteInputError: names, shapes or values are not what the model takes.
        """
        batch_size = self._checked_batch_size(inputs)
        if batch_size != self._batch_size:
            self._resize(batch_size)
        for name, tensor in self.inputs.items():
            self._interpreter.set_tensor(tensor.index, tensor.quantize(np.asarray(inputs[name])))
        self._interpreter.invoke()
        return {
            name: tensor.dequantize(self._interpreter.get_tensor(tensor.index)) for name, tensor in self.outputs.items()
        }

    def _resize(self, batch_size: int) -> None:
        for tensor in self.inputs.values():
            self._interpreter.resize_tensor_input(tensor.index, [batch_size, *tensor.shape[1:]])
        self._interpreter.allocate_tensors()
        self._batch_size = batch_size

    def _checked_batch_size(self, inputs: Mapping[str, np.ndarray]) -> int:
        if set(inputs) != set(self.inputs):
            raise TFLiteInputError(f"inputs must be named {sorted(self.inputs)}. Received: {sorted(inputs)}.")
        sizes = set()
        for name, tensor in self.inputs.items():
            shape = np.shape(inputs[name])
            if len(shape) != len(tensor.shape) or shape[1:] != tensor.shape[1:] or not shape[0]:
                expected = ", ".join(["batch", *map(str, tensor.shape[1:])])
                raise TFLiteInputError(f"input {name} must be of shape [{expected}]. Received: {list(shape)}.")
            sizes.add(shape[0])
        if len(sizes) != 1:
            raise TFLiteInputError(f"inputs must have one batch size. Received: {sorted(sizes)}.")
        return sizes.pop()

    def _tensors(self) -> tuple[dict[str, TensorInfo], dict[str, TensorInfo]]:
        runner = self._interpreter.get_signature_runner(self._signature)
        return (
            {name: _info(name, detail) for name, detail in runner.get_input_details().items()},
            {name: _info(name, detail) for name, detail in runner.get_output_details().items()},
        )


def _info(name: str, detail: Mapping) -> TensorInfo:
    scale, zero_point = detail["quantization"]
    return TensorInfo(
        name=name,
        shape=tuple(int(size) for size in detail["shape"]),
        dtype=np.dtype(detail["dtype"]),
        scale=float(scale),
        zero_point=int(zero_point),
        index=detail["index"],
    )
