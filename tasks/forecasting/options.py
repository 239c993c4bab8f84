"""Options of forecasting. Needs no TensorFlow."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from data.series.source import SeriesSource
from data.series.splits import TimeShares, TimeSplits
from models.forecasters.options import DLinearOptions, Forecaster
from tasks.options import TaskOptions


class ForecastingOptions(TaskOptions):
    """Options of Forecasting."""

    source: SeriesSource = Field(description="Where series come from.")
    lookback: int = Field(ge=2, description="Rows that the model sees.")
    horizon: int = Field(ge=1, description="Rows that it forecasts.")
    splits: TimeSplits = Field(default_factory=TimeShares, description="Shares of the time, or a range for each split.")
    season: int = Field(1, ge=1, description="Rows until the series repeats itself, for MASE and naive forecasts.")
    channels: tuple[str, ...] = Field((), description="Names of the columns; default: those of the source.")
    model: Forecaster = Field(default_factory=lambda: DLinearOptions(kind="dlinear"), description="The network.")
    calendar: bool = Field(True, description="Give networks that can read it the calendar of each row.")
    quantiles: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = Field(
        (), description="Levels, an odd number, rising, 0.5 in the middle; empty: a point forecast."
    )
    loss: Literal["mse", "mae", "huber", "pinball"] | None = Field(
        None, description="Loss of scaled values; default: pinball with quantiles, else mse."
    )
    horizon_parts: int = Field(2, ge=1, description="Parts of the horizon for which errors are also reported apart.")

    @model_validator(mode="after")
    def _fit_together(self) -> ForecastingOptions:
        if self.season >= self.lookback:
            raise ValueError(
                f"lookback must be longer than season, or there is nothing to compare a season with. "
                f"Received: lookback={self.lookback}, season={self.season}"
            )
        levels = list(self.quantiles)
        if levels and (len(levels) % 2 == 0 or levels != sorted(set(levels)) or levels[len(levels) // 2] != 0.5):
            raise ValueError(f"quantiles must rise and have 0.5 in their middle. Received: {levels}")
        if levels and self.loss not in (None, "pinball"):
            raise ValueError(f"With quantiles the loss is pinball. Received: {self.loss}")
        self.model.check_rows(lookback=self.lookback, horizon=self.horizon)
        if self.horizon_parts > self.horizon:
            raise ValueError(
                f"horizon_parts must not exceed horizon. Received: {self.horizon_parts}, horizon={self.horizon}"
            )
        return self
