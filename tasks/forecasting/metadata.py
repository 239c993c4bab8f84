"""What a client of a forecaster has to know besides its signatures. Needs no TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.forecasters.forecaster import ForecastShape


def forecaster_metadata(
    shape: ForecastShape, *, channels: Sequence[str], quantiles: Sequence[float], step_secs: int
) -> dict[str, Any]:
    """Inputs and outputs of the model in words, JSON-serializable.

    Args:
      shape: sizes of the model.
      channels: names of the values in a row.
      quantiles: levels of the quantiles; empty for a point forecast.
      step_secs: time between two rows.
    """
    metadata = {
        "input": f"history: float32 [batch, {shape.lookback}, {shape.channels}], in the series' units, gaps filled",
        "output": f"quantiles: float32 [batch, {shape.horizon}, {shape.channels}, {shape.quantiles}], in the same",
        "channels": list(channels),
        "quantiles": list(quantiles),
        "step_secs": step_secs,
    }
    if shape.calendar:
        metadata["calendar"] = (
            f"calendar: float32 [batch, {shape.lookback + shape.horizon}, {shape.calendar}]: sine and cosine of "
            f"the place of each row's time in the UTC day, week (from Thursday on) and year of 365.2425 days since "
            f"1970, without cycles that are no longer than step_secs"
        )
    return metadata
