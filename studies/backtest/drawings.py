"""What is drawn of a backtest, JSON-serializable; see `studies.backtest.page`."""

from typing import Any

import numpy as np
from etils import epath

from models.graph.attention_maps import attention_maps, rollout
from studies.backtest.origins import RollingOrigins
from studies.pushed import trained_model
from studies.serialization import rounded_lists
from tasks.forecasting import Forecasting


def forecast_plots(task: Forecasting, origins: RollingOrigins, quantiles: np.ndarray) -> list[dict[str, Any]]:
    """For each channel of the first series what was observed, and every forecast that follows the one before.

    Args:
      task: whose channels.
      origins: where the forecasts start.
      quantiles: forecasts of the first series, `[origin, horizon, channel, quantile]`.
    """
    series, starts = origins.parts[0]
    horizon = task.options.horizon
    apart = max(1, -(-horizon // origins.every))
    first, last = max(0, starts[0] - task.options.lookback), starts[-1] + horizon
    stamps = [str(stamp) for stamp in series.times_secs.astype("datetime64[s]")]
    return [
        {
            "channel": name,
            "times": stamps[first:last],
            "values": rounded_lists(series.values[first:last, channel]),
            "forecasts": [
                {
                    "times": stamps[start : start + horizon],
                    "quantiles": rounded_lists(quantiles[index, :, channel].T),
                }
                for index, start in list(enumerate(starts))[::apart]
            ],
        }
        for channel, name in enumerate(task.channel_names())
    ]


def last_attention(task: Forecasting, origins: RollingOrigins, version: epath.Path) -> dict[str, Any] | None:
    """Attention of a pushed model in the last window of the first series, first channel, beside that window's history.

    Returns:
      None where the model has no attention.
    """
    model = task.load_model(str(trained_model(version)))
    series, starts = origins.parts[0]
    inputs = task.window_inputs(series, starts[-1], model)
    maps = attention_maps(model, inputs)
    if not maps:
        return None
    encoder = [found for found in maps if found.layer.startswith("encoder")]
    return {
        "origin": str(series.times_secs.astype("datetime64[s]")[starts[-1]]),
        "history": rounded_lists(inputs["history"][0, :, 0]),
        "maps": [{"layer": found.layer, "weights": rounded_lists(found.weights[0])} for found in maps],
        "rollout": rounded_lists(rollout(encoder)[0].mean(axis=0)),
    }
