"""How a variant comes of the trained model, as configs write it. Needs no TensorFlow."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from compression.precisions import PRECISIONS, Precision

# What a recipe may do to a model before quantization, in this order.
CHANGES = ("distil", "prune_channels", "prune", "cluster")


class _Options(BaseModel):
    """Frozen; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DistillationOptions(_Options):
    """Training by what the trained model makes of the same examples."""

    student: dict[str, Any] = Field(
        default_factory=dict,
        description="What a new, smaller model has other than the trained one, by dotted key below options, such as "
        "options.model.widths; default: the trained model itself, as the recipe changes it.",
    )
    weight: float = Field(0.7, gt=0, le=1, description="Share of the teacher in the loss.")
    temperature: float = Field(2.0, gt=0, description="Of the probabilities that a classifier's student is taught.")

    @field_validator("student")
    @classmethod
    def _keys_lead_somewhere(cls, student: dict[str, Any]) -> dict[str, Any]:
        for key in student:
            if not key.startswith("options."):
                raise ValueError(f"a key of student must start with options. Received: {key!r}")
        return student


class PruningOptions(_Options):
    """Magnitude pruning."""

    sparsity: float = Field(0.5, gt=0, lt=1, description="Share of the kernels' weights that are zero at the end.")
    structure: Literal["unstructured", "2:4", "block"] = Field(
        "unstructured",
        description="Which weights become zero together: each on its own, two of four in a row, or blocks.",
    )
    block: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] = Field(
        (4, 1), description="Of structure block: inputs and outputs that are pruned together."
    )
    scope: Literal["global", "layer"] = Field("global", description="Where the smallest weights are looked for.")
    schedule: Literal["polynomial", "constant"] = Field("polynomial", description="How the share grows.")
    begin: float = Field(0.0, ge=0, lt=1, description="Share of the steps after which pruning begins.")
    end: float = Field(0.6, gt=0, le=1, description="Share of the steps after which polynomial is at its end.")
    exclude: tuple[str, ...] = Field((), description="Patterns of the paths of layers to leave dense, such as logits.")

    @model_validator(mode="after")
    def _fit_together(self) -> "PruningOptions":
        if self.begin >= self.end:
            raise ValueError(f"begin must be below end. Received: begin={self.begin}, end={self.end}")
        if self.structure == "2:4" and self.sparsity != 0.5:
            raise ValueError(f"2:4 leaves half of the weights; sparsity must be 0.5. Received: {self.sparsity}")
        return self


class ChannelPruningOptions(_Options):
    """Structured pruning."""

    share: float = Field(0.5, gt=0, lt=1, description="Of the channels that go, in each set that goes together.")
    min_channels: int = Field(4, ge=1, description="How many of them stay at least.")
    exclude: tuple[str, ...] = Field((), description="Patterns of the paths of layers that keep all channels.")


class ClusteringOptions(_Options):
    """Weight clustering."""

    clusters: int = Field(16, ge=2, le=256, description="Distinct values in a layer's kernel, zero among them.")
    init: Literal["linear", "density"] = Field(
        "linear", description="Where k-means begins: evenly over the range, or with equally many weights to each."
    )
    keep_zeros: bool = Field(True, description="Weights that are zero, such as pruned ones, stay zero.")
    exclude: tuple[str, ...] = Field((), description="Patterns of the paths of layers to leave alone, such as logits.")


class QuantizationAwareOptions(_Options):
    """Training that sees int8."""

    epochs: int = Field(3, ge=1, description="Of this training, after all others.")
    learning_rate: float = Field(0.0005, gt=0, description="What it begins with, falling to zero.")
    weight_bits: int = Field(
        8, ge=2, le=8, description="Below 8 the int8 kernels have fewer different values, and compress to fewer bytes."
    )
    exclude: tuple[str, ...] = Field((), description="Patterns of the paths of layers to leave in float.")


class Recipe(_Options):
    """A variant of a model that was changed and trained further."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$", description="Of the variant and its file.")
    precision: Precision = Field("float32", description="Of the converted file.")
    distil: DistillationOptions | None = Field(None, description="The trained model as a teacher, in all trainings.")
    prune_channels: ChannelPruningOptions | None = Field(None, description="Whole channels that are taken out, first.")
    prune: PruningOptions | None = Field(None, description="Weights that are set to zero in the training that follows.")
    cluster: ClusteringOptions | None = Field(None, description="Values that weights share, once pruning is done.")
    epochs: int = Field(5, ge=1, description=f"Epochs of the training with {', '.join(CHANGES)}.")
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
        if self.keep_float and (not PRECISIONS[self.precision].quantizes or self.quantize_aware is not None):
            *most, last = (name for name, traits in PRECISIONS.items() if traits.quantizes)
            raise ValueError(
                f"keep_float is for what quantizes after training, to {', '.join(most)} or {last}. Received: "
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
