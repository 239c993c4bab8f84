"""The precisions of TFLite files, in one table. Needs no TensorFlow."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Precision = Literal["float32", "float16", "dynamic", "int8", "int16x8", "int4"]


@dataclass(frozen=True, kw_only=True)
class PrecisionTraits:
    """What a file of a precision holds, and how near to the model it must be.

    Attributes:
      weight_bits: of a weight; layers without a kernel for fewer than 8 bits have 8.
      activation_bits: of what a layer gives; None where each batch is quantized as it comes.
      has_integer_ends: whether the file's own float inputs and outputs are quantized too.
      max_relative_difference: the largest mean difference of an output from the source model's, as a share of that
        output's standard deviation: several times what rounding costs, far below what a wrong file gives (about 1).
    """

    weight_bits: int
    activation_bits: int | None
    has_integer_ends: bool = False
    max_relative_difference: float

    @property
    def quantizes(self) -> bool:
        """Whether weights are integers."""
        return self.weight_bits <= 8

    @property
    def needs_sample(self) -> bool:
        """Whether the ranges of activations are measured on a representative sample, before they are quantized."""
        return self.activation_bits is not None and self.activation_bits <= 16


PRECISIONS: Mapping[str, PrecisionTraits] = {
    "float32": PrecisionTraits(weight_bits=32, activation_bits=32, max_relative_difference=1e-4),
    "float16": PrecisionTraits(weight_bits=16, activation_bits=32, max_relative_difference=0.01),
    "dynamic": PrecisionTraits(weight_bits=8, activation_bits=None, max_relative_difference=0.1),
    "int8": PrecisionTraits(weight_bits=8, activation_bits=8, has_integer_ends=True, max_relative_difference=0.25),
    "int16x8": PrecisionTraits(weight_bits=8, activation_bits=16, max_relative_difference=0.1),
    "int4": PrecisionTraits(weight_bits=4, activation_bits=None, max_relative_difference=0.5),
}

# Of a pipeline that names none: all that TFLite computes fast on most devices, without losing much of the metric.
DEFAULT_PRECISIONS: tuple[Precision, ...] = ("float32", "float16", "dynamic", "int8")
