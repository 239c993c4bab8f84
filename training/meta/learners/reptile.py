"""Reptile.

Source: Nichol, Achiam, Schulman, "On First-Order Meta-Learning Algorithms", 2018.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from training.meta.learners.gradient import GradientOptions

if TYPE_CHECKING:
    from training.meta.outer_loss import OuterLoss
    from training.meta.teaching import Teaching


class ReptileOptions(GradientOptions):
    """All weights adapt; the outer loop moves the start towards where the inner loop ended."""

    kind: Literal["reptile"]
    steps: int = Field(8, ge=1, description="Inner steps, in training and for clients.")
    rate: float = Field(0.02, gt=0, description="Inner learning rate.")

    def build_outer_loss(self, *, loss: Callable[[Any, Any], Any], teaching: "Teaching | None") -> "OuterLoss":
        from training.meta.start_distance import StartDistance

        return StartDistance(loss=loss, teaching=teaching)
