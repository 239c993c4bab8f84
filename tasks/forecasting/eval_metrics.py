"""Which metrics of a forecaster TFMA computes, and their names."""

import itertools
from typing import Any

from tasks.base import EvalMetric
from tasks.forecasting.options import ForecastingOptions

# The first is the one that models are chosen by.
OF_WINDOWS = ("mase", "mae", "mse", "scaled_mae", "scaled_mse", "smape", "mae_over_naive")
OF_QUANTILES = ("pinball", "coverage")
# Also computed of each part of the horizon and of each channel.
OF_PARTS = ("mase", "mae")


def list_metrics(options: ForecastingOptions, channels: tuple[str, ...]) -> tuple[EvalMetric, ...]:
    """Metrics of whole windows, then of the parts of the horizon, then of the channels.

    Args:
      options: options of the task.
      channels: names of the values in a row.
    """

    def entry(name: str, metric: str, **part: Any) -> EvalMetric:
        return EvalMetric(
            name=name,
            class_name="ForecastMetric",
            module="tasks.forecasting.tfma_metric",
            config={
                "metric": metric,
                "channels": len(channels),
                "levels": list(options.quantiles),
                "season": options.season,
                **part,
            },
            # Coverage has a right value rather than a direction; a gate on it has both limits.
            higher_is_better=metric == "coverage",
        )

    found = [entry(metric, metric) for metric in OF_WINDOWS + (OF_QUANTILES if options.quantiles else ())]
    if options.horizon_parts > 1:
        bounds = [round(part * options.horizon / options.horizon_parts) for part in range(options.horizon_parts + 1)]
        for first, last in itertools.pairwise(bounds):
            part = {"first_step": first, "last_step": last}
            found += [entry(f"{metric}_steps_{first + 1}_{last}", metric, **part) for metric in OF_PARTS]
    if len(channels) > 1:
        for index, channel in enumerate(channels):
            found += [entry(f"{metric}_{channel}", metric, channel=index) for metric in OF_PARTS]
    return tuple(found)
