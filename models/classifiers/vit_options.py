"""Options of the vision transformer, as configs write them. Needs no Keras."""

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    import keras


class ViTOptions(BaseModel):
    """A small vision transformer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["vit"]
    patch: int = Field(4, ge=1, description="Height and width of a patch; options.height and width are multiples.")
    dim: int = Field(64, ge=1, description="Size of a token.")
    depth: int = Field(4, ge=1, description="Number of blocks.")
    heads: int = Field(4, ge=1, description="Attention heads; dim is a multiple.")
    mlp_ratio: int = Field(2, ge=1, description="Hidden units of the perceptrons, over dim.")
    dropout: float = Field(0.1, ge=0, lt=1, description="Dropout rate in the blocks and before the logits.")
    drop_rate: float = Field(0.0, ge=0, lt=1, description="Stochastic depth: chance that the last block is dropped.")

    @model_validator(mode="after")
    def _heads_divide(self) -> "ViTOptions":
        if self.dim % self.heads:
            raise ValueError(f"dim must be a multiple of heads. Received: dim={self.dim}, heads={self.heads}")
        return self

    @property
    def shrinks(self) -> int:
        """See `ArchitectureOptions`."""
        return self.patch

    def build(self, *, image_shape: tuple[int, int, int], num_classes: int) -> "keras.Model":
        """See `ArchitectureOptions.build`."""
        from models.classifiers.vit import vit

        return vit(image_shape=image_shape, num_classes=num_classes, **self.model_dump(exclude={"kind"}))
