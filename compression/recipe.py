"""How a variant comes of the trained model, as configs write it. Needs no TensorFlow."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from compression.pruning_options import PruningOptions

Precision = Literal["float32", "float16", "dynamic", "int8"]


class Recipe(BaseModel):
    """A variant of a model that was changed and trained further. Frozen; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$", description="Of the variant and its file.")
    precision: Precision = "float32"
    prune: PruningOptions = Field(description="What is set to zero.")
    epochs: int = Field(5, ge=1, description="Of the training that makes up for it.")
    learning_rate: float = Field(0.001, gt=0, description="What that training begins with, falling to zero.")

    def training(self) -> dict[str, Any]:
        """What is trained; recipes that agree in it share one training."""
        return self.model_dump(include={"prune", "epochs", "learning_rate"})
