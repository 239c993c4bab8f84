"""Splits by time: train lies before eval, and eval before test. Several series are split at the same times."""

import datetime
import itertools
from typing import Annotated, Any, TypeAlias

import numpy as np
import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from data.source import SPLITS

# {split: (from, to)} in seconds, `to` not included.
Bounds: TypeAlias = dict[str, tuple[int, int]]


def _as_text(stamp: Any) -> Any:
    """YAML makes a date of 2016-07-01, and a datetime where there is an hour."""
    return stamp.isoformat() if isinstance(stamp, datetime.date) else stamp


Stamp: TypeAlias = Annotated[str, BeforeValidator(_as_text)]


class TimeShares(BaseModel):
    """Shares of the time that the series span."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    train: float = Field(0.7, gt=0, lt=1, description="Share of the time, from the first stamp on.")
    eval: float = Field(0.1, gt=0, lt=1, description="Share after it, that early stopping and choices look at.")
    test: float = Field(0.2, gt=0, lt=1, description="Share at the end, that only the evaluation gates look at.")

    @model_validator(mode="after")
    def _sum_to_one(self) -> "TimeShares":
        total = self.train + self.eval + self.test
        if abs(total - 1) > 1e-6:
            raise ValueError(f"The shares must add up to 1. Received: {total:.4g}")
        return self

    def bounds(self, start_secs: int, end_secs: int) -> Bounds:
        """Start and end of each split, for series that span the time from `start_secs` to `end_secs`, not included."""
        span = end_secs - start_secs
        first, second = start_secs + round(span * self.train), start_secs + round(span * (self.train + self.eval))
        return {"train": (start_secs, first), "eval": (first, second), "test": (second, end_secs)}


class TimeRanges(BaseModel):
    """A time range for each split, [from, to] with `to` not included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    train: tuple[Stamp, Stamp] = Field(description="Range that the model is trained on.")
    eval: tuple[Stamp, Stamp] = Field(description="Range that early stopping and choices look at.")
    test: tuple[Stamp, Stamp] = Field(description="Range that only the evaluation gates look at.")

    @model_validator(mode="after")
    def _one_after_the_other(self) -> "TimeRanges":
        bounds = self.bounds(0, 0)
        for split, (start, end) in bounds.items():
            if start >= end:
                raise ValueError(f"The range of {split} must end after it starts. Received: {getattr(self, split)}")
        for earlier, later in itertools.pairwise(SPLITS):
            if bounds[later][0] < bounds[earlier][1]:
                starts, ends = np.datetime64(bounds[later][0], "s"), np.datetime64(bounds[earlier][1], "s")
                raise ValueError(
                    f"The range of {later} must start where that of {earlier} ends, or after it: a model is not judged "
                    f"on what it was trained on. Received: {later} from {starts}, {earlier} to {ends}"
                )
        return self

    def bounds(self, start_secs: int, end_secs: int) -> Bounds:
        """Start and end of each split, whatever the series span."""
        return {split: self._seconds(split) for split in SPLITS}

    def _seconds(self, split: str) -> tuple[int, int]:
        try:
            start, end = (int(pd.Timestamp(stamp).timestamp()) for stamp in getattr(self, split))
        except ValueError as error:
            raise ValueError(f"The range of {split} must be two stamps. Received: {error}") from None
        return start, end


TimeSplits: TypeAlias = TimeShares | TimeRanges
