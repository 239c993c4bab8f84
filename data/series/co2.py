"""Weekly carbon dioxide at Mauna Loa, 1958 to 2001, which ships with statsmodels; 59 of 2,284 weeks are missing.

Source: C. D. Keeling, T. P. Whorf, "Atmospheric CO2 concentrations derived from in situ air samples collected at Mauna
Loa Observatory, Hawaii", Carbon Dioxide Research Group, Scripps Institution of Oceanography (public domain).
"""

import hashlib
from importlib.metadata import version
from typing import Literal

from pydantic import BaseModel, ConfigDict

from data.series.repair import Repairs, to_grid
from data.series.series import SeriesSet
from data.series.step import as_length

WEEK_SECS = 7 * 24 * 3600


class CO2(BaseModel):
    """The bundled series, one channel in parts per million; needs no file and no network."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["co2"]

    def channel_names(self) -> tuple[str, ...]:
        return ("co2",)

    def step_secs(self) -> int:
        return WEEK_SECS

    def describe_step(self) -> str:
        return as_length(WEEK_SECS)

    def read(self, *, longest_gap: int) -> SeriesSet:
        from statsmodels.datasets import co2

        frame = co2.load_pandas().data
        series, counts = to_grid(frame, name="co2", step_secs=WEEK_SECS, repairs=Repairs(), longest_gap=longest_gap)
        return SeriesSet(series=tuple(series), repairs=dict(counts))

    def fingerprint(self) -> str:
        # What ships with statsmodels changes only with its version.
        return hashlib.sha256(f"statsmodels {version('statsmodels')}".encode()).hexdigest()
