"""ANIL, "almost no inner loop".

Source: Raghu et al., "Rapid Learning or Feature Reuse? Towards Understanding the Effectiveness of MAML", ICLR 2020.
"""

from typing import Literal

from models.few_shot.names import HEAD
from training.meta.learners.gradient import DifferentiatedOptions


class ANILOptions(DifferentiatedOptions):
    """Only the head's weights adapt."""

    kind: Literal["anil"]

    def adapts_layer(self, name: str) -> bool:
        return name == HEAD
