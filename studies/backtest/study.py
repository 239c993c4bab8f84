"""A rolling backtest: a pushed model and traditional forecasters at the same origins, by the same figures."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from etils import epath

from studies.backtest.drawings import forecast_plots, last_attention
from studies.backtest.origins import RollingOrigins, rows_at
from studies.backtest.traditional import TRADITIONAL
from tasks.forecasting import Forecasting
from tasks.forecasting.metrics import METRICS, Forecasts, compute_metric

# Windows that the model's latency is measured on, one by one.
TIMED = 20
ADVICE = "enough data to train on, many series or channels, intervals, and an export for servers and devices"


def backtest(task: Forecasting, version: epath.Path, *, every: int, against: Sequence[str]) -> dict[str, Any]:
    """Forecasts the test range again and again; returns results for `studies.backtest.page`.

    Args:
      task: whose series, look-back, horizon and test range.
      version: directory of a pushed version.
      every: rows between two forecasts.
      against: names of traditional forecasters; see TRADITIONAL.

    Raises:
      StudyError: no window of the test range is long enough.
    """
    origins = RollingOrigins(task, every=every)
    model_row, quantiles = _model_row(task, origins, version)
    return {
        "rows": [model_row, *(_traditional_row(task, origins, name) for name in against)],
        "origins": len(origins),
        "every": every,
        "levels": list(task.options.quantiles),
        "plots": forecast_plots(task, origins, quantiles[0]),
        "attention": last_attention(task, origins, version),
    }


def _model_row(
    task: Forecasting, origins: RollingOrigins, version: epath.Path
) -> tuple[dict[str, Any], list[np.ndarray]]:
    """What the signature for raw history makes of the origins: its row, and its quantiles for each series."""
    served = tf.saved_model.load(str(version)).signatures["forecast"]
    found, calls = [], []
    for series, starts in origins.parts:
        rows = rows_at(starts, -task.options.lookback, 0)
        history, stamps = tf.constant(series.values[rows]), tf.constant(series.times_secs[rows])
        found.append(served(history=history, timestamps=stamps)["quantiles"].numpy())
        calls += [(history[i : i + 1], stamps[i : i + 1]) for i in range(min(TIMED, len(starts)))]
    start_secs = time.perf_counter()
    for history, stamps in calls[:TIMED]:
        served(history=history, timestamps=stamps)
    latency_ms = 1000 * (time.perf_counter() - start_secs) / len(calls[:TIMED])
    size = sum(path.stat().length for path in (version / "variables").glob("*"))
    measured = {"latency_ms": latency_ms, "size_bytes": size, "advice": ADVICE}
    return {"name": f"version {version.name}", "figures": _figures(task, origins, found), **measured}, found


def _traditional_row(task: Forecasting, origins: RollingOrigins, name: str) -> dict[str, Any]:
    options = task.options
    found, fit_secs, secs, size = [], 0.0, 0.0, 0
    for series, starts in origins.parts:
        forecaster = TRADITIONAL[name](season=options.season, lookback=options.lookback)
        start_secs = time.perf_counter()
        forecaster.fit(series.values[: origins.train_rows(series)], options.horizon)
        fitted_secs = time.perf_counter()
        point = forecaster.forecast(series.values, starts, options.horizon)
        secs += time.perf_counter() - fitted_secs
        fit_secs += fitted_secs - start_secs
        size += forecaster.size_bytes()
        found.append(point[..., None])
    return {
        "name": name,
        "figures": _figures(task, origins, found),
        "fit_secs": fit_secs,
        "latency_ms": 1000 * secs / len(origins),
        "size_bytes": size,
        "advice": TRADITIONAL[name].advice,
    }


def _figures(task: Forecasting, origins: RollingOrigins, quantiles: Sequence[np.ndarray]) -> dict[str, float]:
    """Each figure over all origins; coverage only where there is an interval.

    Args:
      task: whose quantiles and scale.
      origins: where the forecasts start.
      quantiles: forecasts of each series, `[origin, horizon, channel, quantile]`.
    """
    options, futures = task.options, origins.futures()
    levels = options.quantiles if quantiles[0].shape[-1] > 1 else ()
    forecasts = Forecasts(
        future=futures,
        quantiles=np.concatenate(quantiles),
        levels=levels,
        history=origins.histories(),
        season=options.season,
        scale=np.broadcast_to(task.source().scale(), (len(futures), futures.shape[-1])),
    )
    return {name: compute_metric(name, forecasts) for name in METRICS if levels or name != "coverage"}
