"""Options of the dilated residual network, as configs write them. Needs no Keras."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from models.classifiers.architecture_options import ArchitectureOptions

if TYPE_CHECKING:
    import keras

PositiveInt = Annotated[int, Field(ge=1)]


class DilatedOptions(ArchitectureOptions):
    """A residual network that is dilated where others are strided, and may end in a pyramid of dilations."""

    kind: Literal["dilated"]
    widths: tuple[PositiveInt, ...] = Field((16, 32, 64), min_length=1, description="Channels of each stage.")
    blocks_per_stage: PositiveInt = Field(1, description="Residual blocks of each width.")
    dilations: tuple[PositiveInt, ...] = Field((1, 2, 4), description="Dilation of each convolution of a stage.")
    stem_stride: Literal[1, 2, 4] = Field(
        1, description="How many times the stem shrinks the image; nothing else does."
    )
    pyramid: tuple[PositiveInt, ...] = Field(
        (), description="Dilations of a pyramid after the last stage, such as [2, 4, 6]; empty leaves it out."
    )

    @model_validator(mode="after")
    def _fit_together(self) -> "DilatedOptions":
        if len(self.dilations) != len(self.widths):
            raise ValueError(
                f"dilations must be one for each of the {len(self.widths)} widths. Received: {list(self.dilations)}"
            )
        return self

    @property
    def shrinks(self) -> int:
        return int(self.stem_stride)

    def build(self, *, image_shape: tuple[int, int, int], num_classes: int) -> "keras.Model":
        from models.classifiers.dilated_network import dilated_network

        names = ("widths", "blocks_per_stage", "dilations", "stem_stride", "pyramid")
        own = {name: getattr(self, name) for name in names}
        return dilated_network(image_shape=image_shape, num_classes=num_classes, **own, **self._shared_options())
