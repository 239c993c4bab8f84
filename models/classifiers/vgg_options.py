"""Options of the network without shortcuts, as configs write them. Needs no Keras."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from models.classifiers.architecture_options import ArchitectureOptions

if TYPE_CHECKING:
    import keras


class VGGOptions(ArchitectureOptions):
    """3x3 convolutions and pooling, without shortcuts: quick to train, and hard to beat on few small images."""

    kind: Literal["vgg"]
    drop_rate: Literal[0] = Field(0, description="There is no branch to drop.")
    widths: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (32, 64, 128), min_length=1, description="Channels of each stage; a pooling between two halves the image."
    )
    convolutions: int = Field(1, ge=1, description="Convolutions of each stage.")

    @property
    def shrinks(self) -> int:
        return int(2 ** (len(self.widths) - 1))

    def build(self, *, image_shape: tuple[int, int, int], num_classes: int) -> "keras.Model":
        from models.classifiers.vgg import vgg

        return vgg(
            image_shape=image_shape,
            num_classes=num_classes,
            widths=self.widths,
            convolutions=self.convolutions,
            dropout=self.dropout,
            style=self.style(),
        )
