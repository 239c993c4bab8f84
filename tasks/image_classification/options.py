"""Options of image classification. Needs no TensorFlow."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from data.images.omniglot import Omniglot
from data.images.source import ImageSource
from data.source import LabelledImages
from models.classifiers.options import Architecture
from models.classifiers.resnet_options import ResNetOptions
from tasks.options import TaskOptions


class AugmentOptions(TaskOptions):
    """Random changes of images in training. The defaults change nothing."""

    flip: Literal["horizontal", "vertical", "horizontal_and_vertical"] | None = Field(
        None, description="Axes along which half of the images are mirrored."
    )
    crop_padding: int = Field(0, ge=0, description="Pixels added around an image before a random crop to its size.")
    translate: float = Field(0.0, ge=0, lt=1, description="Largest shift, as a share of height and of width.")
    rotate_degrees: float = Field(0.0, ge=0, le=180, description="Largest turn either way.")
    zoom: float = Field(0.0, ge=0, lt=1, description="Largest zoom in or out, as a share of the size.")
    fill_mode: Literal["constant", "nearest", "reflect"] = Field(
        "constant",
        description="Pixels beyond the edge of a cropped, shifted, turned or zoomed image; constant: black.",
    )
    erase: float = Field(0.0, ge=0, le=1, description="Chance that a rectangle of an image is erased.")
    mixup_alpha: float = Field(0.0, ge=0, description="Both parameters of the beta distribution of MixUp; 0: no MixUp.")
    cutmix_alpha: float = Field(
        0.0, ge=0, description="The same for CutMix; with both, each batch draws one of the two."
    )


class ClassificationLossOptions(TaskOptions):
    """What training minimizes."""

    kind: Literal["cross_entropy", "focal"] = Field(
        "cross_entropy",
        description="Cross-entropy, or the focal loss, in which examples count less that the model is sure of.",
    )
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="Label smoothing of cross_entropy.")
    gamma: float = Field(
        2.0,
        ge=0,
        description="Exponent of the focal loss: the larger, the less examples count that the model is sure of.",
    )
    label_weights: tuple[Annotated[float, Field(ge=0)], ...] | None = Field(
        None, description="Weight of each class in the loss."
    )


class ContrastOptions(TaskOptions):
    """A supervised contrastive loss on a layer inside the model, beside the main loss."""

    layer: str = Field("pooled", description="Name of the layer whose output is projected.")
    weight: Annotated[float, Field(gt=0)] | Literal["learned"] = Field(
        0.1, description="Weight of this loss beside the main one, whose weight is 1; learned: both are trained."
    )
    dim: int = Field(32, ge=1, description="Size of the projection.")
    temperature: float = Field(0.1, gt=0, description="Divisor of the similarities.")


class ImageClassificationOptions(TaskOptions):
    """Options of ImageClassification."""

    source: ImageSource = Field(
        description="Where images and labels come from: any kind but omniglot, whose splits hold different classes."
    )
    height: int = Field(ge=2, description="Images are resized to this height, in pixels.")
    width: int = Field(ge=2, description="Images are resized to this width, in pixels.")
    channels: int = Field(1, description="1 for grey, 3 for colour.")
    model: Architecture = Field(
        default_factory=ResNetOptions, description="The network; without a kind a residual one."
    )
    augment: AugmentOptions = Field(default_factory=AugmentOptions)
    loss: ClassificationLossOptions = Field(default_factory=ClassificationLossOptions)
    contrast: ContrastOptions | None = Field(
        None, description="A supervised contrastive loss beside the main one; default: none."
    )
    fold: bool = Field(True, description="Multiply normalizations and scales into the kernels before them at export.")

    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        return (self.height, self.width, self.channels)

    @field_validator("source")
    @classmethod
    def _shares_classes(cls, source: ImageSource) -> ImageSource:
        require_shared_classes(source)
        return source

    @model_validator(mode="after")
    def _fit_together(self) -> ImageClassificationOptions:
        if self.channels not in (1, 3):
            raise ValueError(f"channels must be 1 or 3. Received: {self.channels}")
        smallest = self.model.shrinks
        if min(self.height, self.width) < smallest:
            raise ValueError(
                f"The network (options.model) shrinks images {smallest} times, so that they must have {smallest}x"
                f"{smallest} pixels or more. Received: {self.height}x{self.width}. Name fewer stages or larger images."
            )
        weights = self.loss.label_weights
        if weights is not None:
            classes = len(require_shared_classes(self.source).class_names())
            if len(weights) != classes:
                raise ValueError(
                    f"loss.label_weights must hold one weight for each of the {classes} classes. "
                    f"Received: {len(weights)}"
                )
        return self


def require_shared_classes(source: ImageSource) -> LabelledImages:
    """The source itself, if its splits share their classes.

    Raises:
      ValueError: it is Omniglot, whose do not.
    """
    if isinstance(source, Omniglot):
        raise ValueError(
            "source must hold the same classes in train, eval and test. Received: kind omniglot, which tests on "
            "classes that it does not train on. Name another kind, or the task "
            "tasks.few_shot.classification.FewShotClassification."
        )
    return source
