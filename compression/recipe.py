"""How a variant comes of the trained model, as configs write it. Needs no TensorFlow."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from compression.clustering_options import ClusteringOptions
from compression.pruning_options import ChannelPruningOptions, PruningOptions

Precision = Literal["float32", "float16", "dynamic", "int8", "int16x8", "int4"]


class Recipe(BaseModel):
    """A variant of a model that was changed and trained further. Frozen; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$", description="Of the variant and its file.")
    precision: Precision = "float32"
    prune_channels: ChannelPruningOptions | None = Field(None, description="Whole channels that are taken out, first.")
    prune: PruningOptions | None = Field(None, description="Weights that are set to zero in the training that follows.")
    cluster: ClusteringOptions | None = Field(None, description="Values that weights share, once pruning is done.")
    epochs: int = Field(5, ge=1, description="Of the training that makes up for it.")
    learning_rate: float = Field(0.001, gt=0, description="What that training begins with, falling to zero.")

    @model_validator(mode="after")
    def _changes_something(self) -> "Recipe":
        if self.prune_channels is None and self.prune is None and self.cluster is None:
            raise ValueError(
                f"a recipe must have prune, prune_channels or cluster; a precision alone is a variant by its own name. "
                f"Received: {self.name} with none of them"
            )
        return self

    def training(self) -> dict[str, Any]:
        """What is trained; recipes that agree in it share one training."""
        return self.model_dump(include={"prune_channels", "prune", "cluster", "epochs", "learning_rate"})
