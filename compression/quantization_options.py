"""Options of quantization-aware training, as configs write them. Needs no TensorFlow."""

from pydantic import BaseModel, ConfigDict, Field


class QuantizationAwareOptions(BaseModel):
    """Training that sees int8.

    Frozen; unknown keys are refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int = Field(3, ge=1, description="Of this training, after all others.")
    learning_rate: float = Field(0.0005, gt=0, description="What it begins with, falling to zero.")
    weight_bits: int = Field(
        8, ge=2, le=8, description="Below 8 the int8 kernels have fewer different values, and compress to fewer bytes."
    )
    exclude: tuple[str, ...] = Field((), description="Patterns of the paths of layers to leave in float.")
