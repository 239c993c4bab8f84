"""Options that all convolutional classifiers share. Needs no Keras."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    import keras

    from models.layers.convolution import Style

Activation = Annotated[
    Literal["relu", "relu6", "leaky_relu", "elu", "gelu", "silu", "mish", "hard_swish", "learnable_swish"],
    Field(description="After each convolution."),
]
Initializer = Literal[
    "he_normal", "he_uniform", "lecun_normal", "lecun_uniform", "glorot_uniform", "delta_orthogonal"
]  # fmt: skip


class ArchitectureOptions(BaseModel):
    """Options of all convolutional classifiers.

    Frozen; unknown keys are refused. A subclass also has `shrinks`, an option or a property: how many times smaller
    than the image the last feature map is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dropout: float = Field(0.1, ge=0, lt=1, description="Dropout rate before the logits.")
    drop_rate: float = Field(0.0, ge=0, lt=1, description="Stochastic depth: chance that the last block is dropped.")
    activation: Activation = "relu"
    initializer: Initializer = Field("he_normal", description="Initializer of convolution kernels.")
    kernel_l2: float = Field(0.0, ge=0, description="Factor of the kernels' squares in the loss.")

    def build(self, *, image_shape: tuple[int, int, int], num_classes: int) -> "keras.Model":
        """The untrained classifier; see `models.classifiers.classifier.classifier` for what it takes and gives."""
        raise NotImplementedError

    def style(self) -> "Style":
        """The style of all convolutions."""
        from models.layers.convolution import Style

        return Style(activation=self.activation, initializer=self.initializer, kernel_l2=self.kernel_l2)

    def _shared_options(self) -> dict[str, Any]:
        return {"dropout": self.dropout, "drop_rate": self.drop_rate, "style": self.style()}


Shrinks = Annotated[
    Literal[1, 2, 4, 8, 16, 32],
    Field(description="How many times the image is shrunk: 32 as published; 4 or 8 suit small images."),
]
