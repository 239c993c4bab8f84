"""The config's section `evaluate.fairness`. Needs neither TensorFlow nor TFX."""

from typing import Literal, TypeAlias, get_args

from pydantic import Field

from components.evaluator.slicing import Slices
from components.sections import Section

Rate: TypeAlias = Literal["true_positive_rate", "false_positive_rate", "selection_rate"]
RATES: tuple[Rate, ...] = get_args(Rate)


class RateGate(Section):
    """The limit of one rate."""

    max_difference: float = Field(
        1.0, ge=0, le=1, description="Of the highest and the lowest rate of a group; 1 lets every difference pass."
    )


class FairnessConfig(Section):
    """How much alike a classifier of two classes treats groups."""

    by: tuple[Slices, ...] = Field(
        min_length=1, description="What tells the groups: features, intervals or lists, as in evaluate.slices."
    )
    gates: dict[Rate, RateGate] = Field(
        default_factory=dict,
        description="Limits by rate: of positives that are told right, of negatives that are told wrong, of all that "
        "are told positive. Differences of the others are told.",
    )

    def limit(self, rate: Rate) -> float:
        """The largest difference of a rate."""
        return self.gates.get(rate, RateGate()).max_difference
