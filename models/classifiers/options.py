"""Options of the classifiers, as configs write them. Needs no Keras."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from models.classifiers.architecture_options import Activation, ArchitectureOptions, Initializer, Reduction
from models.classifiers.dilated_options import DilatedOptions
from models.classifiers.vgg_options import VGGOptions

if TYPE_CHECKING:
    import keras


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
    block: Literal["basic", "bottleneck", "preactivation", "separable"] = Field(
        "basic", description="Two 3x3 convolutions; 1x1, 3x3 and 1x1; normalization before; or depthwise separable."
    )
    stem_stride: Literal[1, 2, 4] = Field(1, description="How many times the stem shrinks the image.")
    se_ratio: int | None = Field(4, ge=1, description="Squeeze factor of the SE gates; null leaves them out.")
    se_placement: Literal["standard", "pre", "post", "identity"] = Field(
        "standard", description="Of the gate: on the branch, before it, after the addition, or on the shortcut."
    )

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
        from models.classifiers.resnet import DEPTHS, resnet

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


class MobileNetV2Options(ArchitectureOptions):
    """MobileNetV2."""

    kind: Literal["mobilenet_v2"]
    activation: Activation = "relu6"
    width: float = Field(1.0, gt=0, description="What all channels are multiplied by.")
    shrinks: Reduction = 32

    def reduction(self) -> int:
        return self.shrinks

    def build(self, *, image_shape: tuple[int, int, int], num_classes: int) -> "keras.Model":
        from models.classifiers.mobilenet import mobilenet_v2

        own: dict[str, Any] = {"width": self.width, "reduction": self.shrinks}
        return mobilenet_v2(image_shape=image_shape, num_classes=num_classes, **own, **self._shared())


class MobileNetV3SmallOptions(ArchitectureOptions):
    """MobileNetV3-Small, whose table decides its activations."""

    kind: Literal["mobilenet_v3_small"]
    activation: Literal["hard_swish"] = Field("hard_swish", description="Where the table has no other.")
    width: float = Field(1.0, gt=0, description="What all channels are multiplied by.")
    shrinks: Reduction = 32

    def reduction(self) -> int:
        return self.shrinks

    def build(self, *, image_shape: tuple[int, int, int], num_classes: int) -> "keras.Model":
        from models.classifiers.mobilenet import mobilenet_v3_small

        own: dict[str, Any] = {"width": self.width, "reduction": self.shrinks}
        return mobilenet_v3_small(image_shape=image_shape, num_classes=num_classes, **own, **self._shared())


class EfficientNetOptions(ArchitectureOptions):
    """EfficientNet-B0, scaled; `options.height` and `width` are the image's size at that scale."""

    kind: Literal["efficientnet"]
    activation: Activation = "silu"
    phi: float | None = Field(None, description="Compound scale: B0 is 0, about B1 is 1; below 0 is smaller.")
    depth: float = Field(1.0, gt=0, description="What the number of blocks is multiplied by.")
    width: float = Field(1.0, gt=0, description="What all channels are multiplied by.")
    shrinks: Reduction = 32

    @model_validator(mode="after")
    def _one_scale(self) -> "EfficientNetOptions":
        own = sorted({"depth", "width"} & self.model_fields_set)
        if self.phi is not None and own:
            raise ValueError(f"phi decides depth and width; leave them out. Received: {', '.join(own)}")
        return self

    def reduction(self) -> int:
        return self.shrinks

    def build(self, *, image_shape: tuple[int, int, int], num_classes: int) -> "keras.Model":
        from models.classifiers.efficientnet import compound, efficientnet

        depth, width = (self.depth, self.width) if self.phi is None else compound(self.phi)[:2]
        own: dict[str, Any] = {"depth": depth, "width": width, "reduction": self.shrinks}
        return efficientnet(image_shape=image_shape, num_classes=num_classes, **own, **self._shared())


class DenseNetOptions(ArchitectureOptions):
    """DenseNet; with bottlenecks and compression, as by default, DenseNet-BC."""

    kind: Literal["densenet"]
    drop_rate: Literal[0] = Field(0, description="A dense block has no branch that could be dropped.")
    layers_per_block: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (16, 16, 16), min_length=1, description="Of each dense block."
    )
    growth: int = Field(12, ge=1, description="Channels that a layer adds.")
    compression: float = Field(0.5, gt=0, le=1, description="Share of the channels that a transition keeps.")
    is_bottlenecked: bool = Field(True, description="A 1x1 convolution before each 3x3 one.")
    stem_stride: Literal[1, 2, 4] = Field(1, description="How many times the stem shrinks the image.")

    def reduction(self) -> int:
        return int(self.stem_stride * 2 ** (len(self.layers_per_block) - 1))

    def build(self, *, image_shape: tuple[int, int, int], num_classes: int) -> "keras.Model":
        from models.classifiers.densenet import densenet

        return densenet(
            image_shape=image_shape,
            num_classes=num_classes,
            layers_per_block=self.layers_per_block,
            growth=self.growth,
            compression=self.compression,
            is_bottlenecked=self.is_bottlenecked,
            stem_stride=self.stem_stride,
            dropout=self.dropout,
            style=self.style(),
        )


class ConvNeXtOptions(ArchitectureOptions):
    """ConvNeXt."""

    kind: Literal["convnext"]
    activation: Literal["gelu"] = Field("gelu", description="Between the pointwise convolutions.")
    initializer: Initializer = Field("glorot_uniform", description="Of convolution kernels.")
    widths: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (96, 192, 384, 768), min_length=1, description="Channels of each stage."
    )
    blocks_per_stage: tuple[Annotated[int, Field(ge=1)], ...] = Field((3, 3, 9, 3), description="One for each width.")
    stem_stride: Literal[1, 2, 4] = Field(4, description="How many times the stem shrinks the image.")

    @model_validator(mode="after")
    def _fit_together(self) -> "ConvNeXtOptions":
        if len(self.blocks_per_stage) != len(self.widths):
            raise ValueError(
                f"blocks_per_stage must be one for each of the {len(self.widths)} widths. "
                f"Received: {list(self.blocks_per_stage)}"
            )
        return self

    def reduction(self) -> int:
        return int(self.stem_stride * 2 ** (len(self.widths) - 1))

    def build(self, *, image_shape: tuple[int, int, int], num_classes: int) -> "keras.Model":
        from models.classifiers.convnext import convnext

        return convnext(
            image_shape=image_shape,
            num_classes=num_classes,
            widths=self.widths,
            blocks_per_stage=self.blocks_per_stage,
            stem_stride=self.stem_stride,
            **self._shared(),
        )


class ViTOptions(BaseModel):
    """A small vision transformer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["vit"]
    patch: int = Field(4, ge=1, description="Height and width of a patch; options.height and width are multiples.")
    dim: int = Field(64, ge=1, description="Of a token.")
    depth: int = Field(4, ge=1, description="Number of blocks.")
    heads: int = Field(4, ge=1, description="Of the attention; dim is a multiple.")
    mlp_ratio: int = Field(2, ge=1, description="Hidden units of the perceptrons, over dim.")
    dropout: float = Field(0.1, ge=0, lt=1, description="Rate in the blocks and before the logits.")
    drop_rate: float = Field(0.0, ge=0, lt=1, description="Stochastic depth: chance that the last block is dropped.")

    @model_validator(mode="after")
    def _heads_divide(self) -> "ViTOptions":
        if self.dim % self.heads:
            raise ValueError(f"dim must be a multiple of heads. Received: dim={self.dim}, heads={self.heads}")
        return self

    def reduction(self) -> int:
        """See `ArchitectureOptions.reduction`."""
        return self.patch

    def build(self, *, image_shape: tuple[int, int, int], num_classes: int) -> "keras.Model":
        """See `ArchitectureOptions.build`."""
        from models.classifiers.vit import vit

        return vit(image_shape=image_shape, num_classes=num_classes, **self.model_dump(exclude={"kind"}))


def _with_kind(options: Any) -> Any:
    """A network without a kind is a residual one."""
    return {"kind": "resnet", **options} if isinstance(options, dict) else options


Architecture = Annotated[
    ResNetOptions
    | MobileNetV2Options
    | MobileNetV3SmallOptions
    | EfficientNetOptions
    | DenseNetOptions
    | ConvNeXtOptions
    | DilatedOptions
    | VGGOptions
    | ViTOptions,
    Field(discriminator="kind"),
    BeforeValidator(_with_kind),
]
