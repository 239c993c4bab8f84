"""Options of weight clustering, as configs write them. Needs no TensorFlow."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ClusteringOptions(BaseModel):
    """Weight clustering.

    Frozen; unknown keys are refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    clusters: int = Field(16, ge=2, le=256, description="Distinct values in a layer's kernel, zero among them.")
    init: Literal["linear", "density"] = Field(
        "linear", description="Where k-means begins: evenly over the range, or with equally many weights to each."
    )
    keep_zeros: bool = Field(True, description="Weights that are zero, such as pruned ones, stay zero.")
    exclude: tuple[str, ...] = Field((), description="Patterns of the paths of layers to leave alone, such as logits.")
