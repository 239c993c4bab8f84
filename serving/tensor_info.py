"""What a model's input or output is."""

from dataclasses import dataclass

import numpy as np


class ModelInputError(ValueError):
    """An input that a model does not take."""

    title = "Model input"
    exit_code = 2


@dataclass(frozen=True, kw_only=True)
class TensorInfo:
    """One input or output.

    Attributes:
      name: name in the signature.
      shape: `[batch, ...]`; None where any size will do.
      dtype: type of the tensor itself; object for strings.
      scale: size of a step of a quantized tensor; zero where it is not quantized.
      zero_point: the step that stands for zero.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: np.dtype
    scale: float = 0.0
    zero_point: int = 0

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

    def check(self, values: np.ndarray) -> None:
        """Raises ModelInputError when shape, type or values of an input, `[batch, ...]`, are not the tensor's."""
        sizes = zip(values.shape[1:], self.shape[1:], strict=False)
        fits = values.ndim == len(self.shape) and all(want in (None, size) for size, want in sizes)
        if not fits or not len(values):
            expected = ", ".join(["batch", *("any" if size is None else str(size) for size in self.shape[1:])])
            raise ModelInputError(
                f"input {self.name} must be of shape [{expected}], batch at least 1. Received: {list(values.shape)}. "
                "Stack examples along the first axis."
            )
        taken = np.dtype(np.float32) if self.scale else self.dtype
        is_text = taken.kind == "O"
        if is_text != (values.dtype.kind in "OSU") or not np.can_cast(values.dtype, taken, casting="same_kind"):
            raise ModelInputError(
                f"input {self.name} must be {'strings' if is_text else taken}. Received: {values.dtype}. Convert it, "
                "or quantize nothing yourself."
            )
        if taken.kind == "i" and np.any(values.astype(taken) != values):
            raise ModelInputError(f"input {self.name} must fit into {taken}. Received: up to {values.max()}. Clip it.")
        if self.scale and np.isnan(values).any():
            raise ModelInputError(f"input {self.name} must have no NaN. Received: NaN, which int8 has not. Impute it.")
