"""How a variant comes of the trained model, as configs write it. Needs no TensorFlow."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from compression.clustering_options import ClusteringOptions
from compression.distillation_options import DistillationOptions
from compression.pruning_options import ChannelPruningOptions, PruningOptions
from compression.quantization_options import QuantizationAwareOptions

Precision = Literal["float32", "float16", "dynamic", "int8", "int16x8", "int4"]

# What a recipe may do to a model before quantization, in this order.
CHANGES = ("distil", "prune_channels", "prune", "cluster")


class Recipe(BaseModel):
    """A variant of a model that was changed and trained further.

    Frozen; unknown keys are refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$", description="Of the variant and its file.")
    precision: Precision = Field("float32", description="Of the converted file.")
    distil: DistillationOptions | None = Field(None, description="The trained model as a teacher, in all trainings.")
    prune_channels: ChannelPruningOptions | None = Field(None, description="Whole channels that are taken out, first.")
    prune: PruningOptions | None = Field(None, description="Weights that are set to zero in the training that follows.")
    cluster: ClusteringOptions | None = Field(None, description="Values that weights share, once pruning is done.")
    epochs: int = Field(5, ge=1, description="Of the training with distil, prune_channels, prune and cluster.")
    learning_rate: float = Field(0.001, gt=0, description="What that training begins with, falling to zero.")
    quantize_aware: QuantizationAwareOptions | None = Field(
        None, description="Training with rounded kernels and activations, last; for precision int8."
    )
    keep_float: tuple[str, ...] = Field(
        (), description="Patterns of the paths of layers that stay float32 where others are quantized."
    )

    @model_validator(mode="after")
    def _fit_together(self) -> "Recipe":
        if not self.retrains and not self.keep_float:
            raise ValueError(
                f"a recipe must have one of {', '.join(CHANGES)}, quantize_aware and keep_float; a precision alone is "
                f"a variant by its own name. Received: {self.name} with none of them"
            )
        if self.keep_float and (self.precision in ("float32", "float16") or self.quantize_aware is not None):
            raise ValueError(
                f"keep_float is for what quantizes after training, to dynamic, int8, int16x8 or int4. Received: "
                f"{self.precision} in {self.name}{', with quantize_aware' if self.quantize_aware is not None else ''}"
            )
        if self.quantize_aware is not None and self.precision != "int8":
            raise ValueError(f"quantize_aware is for precision int8. Received: {self.precision} in {self.name}")
        if self.quantize_aware is not None and self.cluster is not None:
            raise ValueError(
                f"quantize_aware moves the values that cluster made few; its weight_bits makes them few instead. "
                f"Received: both in {self.name}"
            )
        return self

    @property
    def trains(self) -> bool:
        """Whether there is a training besides the quantization-aware one. A teacher alone changes nothing: it needs a
        student, or a model that was changed."""
        has_student = self.distil is not None and bool(self.distil.student)
        return has_student or any(getattr(self, change) is not None for change in CHANGES if change != "distil")

    @property
    def clustering_begins(self) -> float:
        """The share of the training after which clusters are made: once pruning is done; where channels were taken out
        or a student learns, not before half of it, for weights that share their values learn less."""
        is_much_to_learn = self.prune_channels is not None or self.distil is not None
        return max(self.prune.end if self.prune is not None else 0.0, 0.5 if is_much_to_learn else 0.0)

    @property
    def retrains(self) -> bool:
        """Whether what is converted is not the trained model itself."""
        return self.trains or self.quantize_aware is not None

    def training(self) -> dict[str, Any]:
        """What is trained before quantization; recipes that agree in it share one training."""
        return self.model_dump(include={*CHANGES, "epochs", "learning_rate"}) if self.trains else {}

    def source(self) -> dict[str, Any]:
        """What is converted, empty for the trained model; recipes that agree in it differ in quantization alone."""
        return {**self.training(), **self.model_dump(include={"distil", "quantize_aware"})} if self.retrains else {}
