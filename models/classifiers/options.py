"""Options of the classifiers, as configs write them. Needs no Keras."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from models.classifiers.architecture_options import Activation, ArchitectureOptions, Initializer, Shrinks
from models.classifiers.dilated_options import DilatedOptions
from models.classifiers.resnet_options import ResNetOptions
from models.classifiers.vgg_options import VGGOptions
from models.classifiers.vit_options import ViTOptions

if TYPE_CHECKING:
    import keras


class MobileNetV2Options(ArchitectureOptions):
    """MobileNetV2."""

    kind: Literal["mobilenet_v2"]
    activation: Activation = "relu6"
    width: float = Field(1.0, gt=0, description="Factor of all channels.")
    shrinks: Shrinks = 32

    def build(self, *, image_shape: tuple[int, int, int], num_classes: int) -> "keras.Model":
        from models.classifiers.mobilenet import mobilenet_v2

        own: dict[str, Any] = {"width": self.width, "shrinks": self.shrinks}
        return mobilenet_v2(image_shape=image_shape, num_classes=num_classes, **own, **self._shared_options())


class MobileNetV3SmallOptions(ArchitectureOptions):
    """MobileNetV3-Small, whose table decides its activations."""

    kind: Literal["mobilenet_v3_small"]
    activation: Literal["hard_swish"] = Field("hard_swish", description="Where the table has no other.")
    width: float = Field(1.0, gt=0, description="Factor of all channels.")
    shrinks: Shrinks = 32

    def build(self, *, image_shape: tuple[int, int, int], num_classes: int) -> "keras.Model":
        from models.classifiers.mobilenet import mobilenet_v3_small

        own: dict[str, Any] = {"width": self.width, "shrinks": self.shrinks}
        return mobilenet_v3_small(image_shape=image_shape, num_classes=num_classes, **own, **self._shared_options())


class EfficientNetOptions(ArchitectureOptions):
    """EfficientNet-B0, scaled; `options.height` and `width` are the image's size at that scale."""

    kind: Literal["efficientnet"]
    activation: Activation = "silu"
    phi: float | None = Field(None, description="Compound scale: B0 is 0, about B1 is 1; below 0 is smaller.")
    depth: float = Field(1.0, gt=0, description="Factor of the number of blocks.")
    width: float = Field(1.0, gt=0, description="Factor of all channels.")
    shrinks: Shrinks = 32

    @model_validator(mode="after")
    def _one_scale(self) -> "EfficientNetOptions":
        own = sorted({"depth", "width"} & self.model_fields_set)
        if self.phi is not None and own:
            raise ValueError(f"phi decides depth and width; leave them out. Received: {', '.join(own)}")
        return self

    def build(self, *, image_shape: tuple[int, int, int], num_classes: int) -> "keras.Model":
        from models.classifiers.efficientnet import compound, efficientnet

        depth, width = (self.depth, self.width) if self.phi is None else compound(self.phi)[:2]
        own: dict[str, Any] = {"depth": depth, "width": width, "shrinks": self.shrinks}
        return efficientnet(image_shape=image_shape, num_classes=num_classes, **own, **self._shared_options())


class DenseNetOptions(ArchitectureOptions):
    """DenseNet; with bottlenecks and compression, as by default, DenseNet-BC."""

    kind: Literal["densenet"]
    drop_rate: Literal[0] = Field(0, description="A dense block has no branch that could be dropped.")
    layers_per_block: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (16, 16, 16), min_length=1, description="Layers of each dense block."
    )
    growth: int = Field(12, ge=1, description="Channels that a layer adds.")
    compression: float = Field(0.5, gt=0, le=1, description="Share of the channels that a transition keeps.")
    is_bottlenecked: bool = Field(True, description="A 1x1 convolution before each 3x3 one.")
    stem_stride: Literal[1, 2, 4] = Field(1, description="How many times the stem shrinks the image.")

    @property
    def shrinks(self) -> int:
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
    activation: Literal["gelu"] = Field("gelu", description="Activation between the pointwise convolutions.")
    initializer: Initializer = Field("glorot_uniform", description="Initializer of convolution kernels.")
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

    @property
    def shrinks(self) -> int:
        return int(self.stem_stride * 2 ** (len(self.widths) - 1))

    def build(self, *, image_shape: tuple[int, int, int], num_classes: int) -> "keras.Model":
        from models.classifiers.convnext import convnext

        return convnext(
            image_shape=image_shape,
            num_classes=num_classes,
            widths=self.widths,
            blocks_per_stage=self.blocks_per_stage,
            stem_stride=self.stem_stride,
            **self._shared_options(),
        )


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
