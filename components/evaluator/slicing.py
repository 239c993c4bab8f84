"""From a config's slices to TFMA's. Needs no TensorFlow."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, field_validator

from components.sections import Section
from records.slices import interval_column


class Intervals(Section):
    """A numeric feature, cut into intervals."""

    feature: str = Field(description="Raw feature of numbers.")
    boundaries: tuple[Annotated[float, Field(allow_inf_nan=False)], ...] = Field(
        min_length=1,
        description="Where one interval ends and the next begins, increasing: of [18, 65] they are below 18, "
        "18 to 65, which it does not hold itself, and 65 and more.",
    )

    @field_validator("boundaries")
    @classmethod
    def _increase(cls, boundaries: tuple[float, ...]) -> tuple[float, ...]:
        if any(upper <= lower for lower, upper in pairwise(boundaries)):
            raise ValueError(f"boundaries must increase. Received: {list(boundaries)}")
        return boundaries

    @property
    def column(self) -> str:
        """TFMA's name of what is sliced by."""
        return interval_column(self.feature, self.boundaries)


def _of_different_features(slices: "Slices") -> "Slices":
    named = columns_of(slices)
    if len(set(named)) < len(named):
        raise ValueError(f"slices by several features must name different ones. Received: {', '.join(named)}")
    return slices


SliceFeature: TypeAlias = str | Intervals
Slices: TypeAlias = (
    SliceFeature | Annotated[tuple[SliceFeature, ...], Field(min_length=2), AfterValidator(_of_different_features)]
)
"""Slices by a feature, or by several together, which are one for each combination of their values."""


def features_of(slices: Slices) -> tuple[SliceFeature, ...]:
    """The features that slices are by, one or several."""
    return slices if isinstance(slices, tuple) else (slices,)


def columns_of(slices: Slices) -> list[str]:
    """TFMA's names of the same."""
    return [each if isinstance(each, str) else each.column for each in features_of(slices)]


def raw_features(slices: Iterable[Slices]) -> list[str]:
    """Raw features that are sliced by."""
    found = (each for several in slices for each in features_of(several))
    return [each if isinstance(each, str) else each.feature for each in found]


def interval_features(slices: Iterable[Slices]) -> list[str]:
    """Those of them that are cut into intervals, and so must be numbers."""
    return [each.feature for several in slices for each in features_of(several) if isinstance(each, Intervals)]
