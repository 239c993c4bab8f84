"""Options of residual networks, as configs write them. Needs no Keras."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from models.classifiers.architecture_options import ArchitectureOptions

if TYPE_CHECKING:
    import keras


class ResNetOptions(ArchitectureOptions):
    """A residual network: CIFAR-style, ImageNet-style, or with other widths and depths."""

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
        "standard", description="Place of the gate: on the branch, before it, after the addition, or on the shortcut."
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

    @property
    def shrinks(self) -> int:
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
        return resnet(image_shape=image_shape, num_classes=num_classes, **shape, **gate, **self._shared_options())
