"""Options of pruning, as configs write them. Needs no TensorFlow."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class PruningOptions(BaseModel):
    """Magnitude pruning.

    Frozen; unknown keys are refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sparsity: float = Field(0.5, gt=0, lt=1, description="Share of the kernels' weights that are zero at the end.")
    structure: Literal["unstructured", "2:4", "block"] = Field(
        "unstructured",
        description="Which weights become zero together: each on its own, two of four in a row, or blocks.",
    )
    block: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] = Field(
        (4, 1), description="Of structure block: inputs and outputs that are pruned together."
    )
    scope: Literal["global", "layer"] = Field("global", description="Where the smallest weights are looked for.")
    schedule: Literal["polynomial", "constant"] = Field("polynomial", description="How the share grows.")
    begin: float = Field(0.0, ge=0, lt=1, description="Share of the steps after which pruning begins.")
    end: float = Field(0.6, gt=0, le=1, description="Share of the steps after which polynomial is at its end.")
    exclude: tuple[str, ...] = Field((), description="Patterns of the paths of layers to leave dense, such as logits.")

    @model_validator(mode="after")
    def _fit_together(self) -> "PruningOptions":
        if self.begin >= self.end:
            raise ValueError(f"begin must be below end. Received: begin={self.begin}, end={self.end}")
        if self.structure == "2:4" and self.sparsity != 0.5:
            raise ValueError(f"2:4 leaves half of the weights; sparsity must be 0.5. Received: {self.sparsity}")
        return self


class ChannelPruningOptions(BaseModel):
    """Structured pruning.

    Frozen; unknown keys are refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float = Field(0.5, gt=0, lt=1, description="Of the channels that go, in each set that goes together.")
    min_channels: int = Field(4, ge=1, description="How many of them stay at least.")
    exclude: tuple[str, ...] = Field((), description="Patterns of the paths of layers that keep all channels.")
