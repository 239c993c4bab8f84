"""Options of the classifiers, as configs write them. Needs no Keras."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    import keras

    from models.convolution import Style

Activation = Literal[
    "relu", "relu6", "leaky_relu", "elu", "gelu", "silu", "mish", "hard_swish", "learnable_swish"
]  # fmt: skip
Initializer = Literal[
    "he_normal", "he_uniform", "lecun_normal", "lecun_uniform", "glorot_uniform", "delta_orthogonal"
]  # fmt: skip


class ArchitectureOptions(BaseModel):
    """What all classifiers have. Frozen; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dropout: float = Field(0.1, ge=0, lt=1, description="Rate before the logits.")
    drop_rate: float = Field(0.0, ge=0, lt=1, description="Stochastic depth: chance that the last block is dropped.")
    activation: Activation = "relu"
    initializer: Initializer = Field("he_normal", description="Of convolution kernels.")
    kernel_l2: float = Field(0.0, ge=0, description="What the squares of kernels are multiplied by, in the loss.")

    def reduction(self) -> int:
        """How many times smaller than the image the last feature map is."""
        raise NotImplementedError

    def build(self, *, image_shape: tuple[int, int, int], num_classes: int) -> "keras.Model":
        """The untrained classifier; see `models.classifier.classifier` for what it takes and gives."""
        raise NotImplementedError

    def style(self) -> "Style":
        """What all convolutions share."""
        from models.convolution import Style

        return Style(activation=self.activation, initializer=self.initializer, kernel_l2=self.kernel_l2)

    def _shared(self) -> dict[str, Any]:
        return {"dropout": self.dropout, "drop_rate": self.drop_rate, "style": self.style()}


class ResNetOptions(ArchitectureOptions):
    """A residual network: CIFAR-style, ImageNet-style, or of widths and depths of one's own."""

    kind: Literal["resnet"] = "resnet"
    depth: Literal[8, 14, 20, 32, 44, 56, 110, 18, 34, 50] | None = Field(
        None, description="A published network: 6n+2 for small images, 18, 34 and 50 for large ones."
    )
    widths: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (16, 32, 64), min_length=1, description="Channels of each stage."
    )
    blocks_per_stage: Annotated[int, Field(ge=1)] | tuple[Annotated[int, Field(ge=1)], ...] = Field(
        1, description="One number for all stages, or one for each."
    )
    block: Literal["basic", "bottleneck", "preactivation", "separable"] = "basic"
    stem_stride: Literal[1, 2, 4] = Field(1, description="How many times the stem shrinks the image.")
    se_ratio: int | None = Field(4, ge=1, description="Squeeze factor of the SE gates; null leaves them out.")
    se_placement: Literal["standard", "pre", "post", "identity"] = "standard"

    # What `depth` decides.
    _SHAPE: ClassVar[tuple[str, ...]] = ("widths", "blocks_per_stage", "block", "stem_stride")

    @model_validator(mode="after")
    def _fit_together(self) -> "ResNetOptions":
        own = [name for name in self._SHAPE if name in self.model_fields_set]
        if self.depth is not None and own:
            raise ValueError(f"depth decides {', '.join(self._SHAPE)}; leave them out. Received: {', '.join(own)}")
        if isinstance(self.blocks_per_stage, tuple) and len(self.blocks_per_stage) != len(self.widths):
            raise ValueError(
                f"blocks_per_stage must be one number, or one for each of the {len(self.widths)} widths. "
                f"Received: {list(self.blocks_per_stage)}"
            )
        if self.block == "bottleneck" and any(width % 4 for width in self.widths):
            raise ValueError(f"widths of bottlenecks must be multiples of 4. Received: {list(self.widths)}")
        return self

    def reduction(self) -> int:
        if self.depth is not None:
            return 32 if self.depth in (18, 34, 50) else 4
        return int(self.stem_stride * 2 ** (len(self.widths) - 1))

    def build(self, *, image_shape: tuple[int, int, int], num_classes: int) -> "keras.Model":
        from models.resnet import DEPTHS, resnet

        if self.depth is not None:
            published = DEPTHS[self.depth]
            shape: dict[str, Any] = {
                "widths": published.widths,
                "blocks_per_stage": published.blocks,
                "block": published.block,
                "stem_stride": published.stem_stride,
            }
        else:
            shape = {name: getattr(self, name) for name in self._SHAPE}
        gate: dict[str, Any] = {"se_ratio": self.se_ratio, "se_placement": self.se_placement}
        return resnet(image_shape=image_shape, num_classes=num_classes, **shape, **gate, **self._shared())


def _with_kind(options: Any) -> Any:
    """A network without a kind is a residual one."""
    return {"kind": "resnet", **options} if isinstance(options, dict) else options


Architecture = Annotated[ResNetOptions, BeforeValidator(_with_kind)]
