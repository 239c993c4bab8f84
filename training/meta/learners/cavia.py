"""CAVIA.

Source: Zintgraf et al., "Fast Context Adaptation via Meta-Learning", ICML 2019.
"""

from typing import Literal

from pydantic import Field

from training.meta.learners.gradient import DifferentiatedOptions


class CAVIAOptions(DifferentiatedOptions):
    """Only context variables adapt, which the network takes as an input."""

    kind: Literal["cavia"]
    rate: float = Field(1.0, gt=0, description="Inner learning rate.")
    context: int = Field(5, ge=1, description="Number of context variables.")
    conditioning: Literal["concatenation", "film"] = Field(
        "concatenation", description="How the network takes them: beside its input, or as scales and shifts of layers."
    )

    @property
    def context_size(self) -> int:
        return self.context

    @property
    def context_conditioning(self) -> Literal["concatenation", "film"]:
        return self.conditioning

    def adapts_layer(self, name: str) -> bool:
        return False

    def check_images(self) -> None:
        if self.conditioning != "film":
            raise ValueError(f"On images, cavia takes its context by conditioning: film. Received: {self.conditioning}")
