"""A rolling backtest: a pushed model and traditional forecasters at the same origins, by the same figures."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from etils import epath

from components.trainer.model_run import TRAINED_MODEL
from data.series.series import Series
from inspection.backtest import RESULTS
from models.graph.attention_maps import attention_maps, rollout
from models.traditional import TRADITIONAL
from pipeline.errors import RunError
from tasks.forecasting import Forecasting
from tasks.forecasting.metrics import METRICS, Forecasts, compute_metric

# Windows that latency is measured on, one by one.
TIMED = 20
ADVICE = "enough data to train on, many series or channels, intervals, and an export for servers and devices"


class Backtest:
    """The test range of a task's series, forecast again and again."""

    def __init__(self, task: Forecasting, *, every: int) -> None:
        """Args:
        task: whose series, look-back, horizon and test range.
        every: rows between two origins.

        Raises:
          RunError: no window of the test range is long enough.
        """
        self._task, self._every = task, every
        windows = task.source()
        self._bounds = windows.bounds()
        options = task.options
        self._parts: list[tuple[Series, list[int]]] = []
        for series in windows.read().series:
            first, last = np.searchsorted(series.times_secs, self._bounds["test"])
            origins = range(max(int(first), options.lookback), int(last) - options.horizon + 1, every)
            if len(origins):
                self._parts.append((series, list(origins)))
        if not self._parts:
            raise RunError("A backtest needs one window in the test range. Received: none. Give it more time.")

    def run(self, version: epath.Path, names: Sequence[str]) -> dict[str, Any]:
        """The results, JSON-serializable.

        Args:
          version: directory of a pushed version.
          names: of traditional forecasters.
        """
        served = tf.saved_model.load(str(version)).signatures["forecast"]
        model_row, quantiles = self._model_row(served, version)
        rows = [model_row, *(self._traditional_row(name) for name in names)]
        return {
            "rows": rows,
            "origins": sum(len(origins) for _, origins in self._parts),
            "every": self._every,
            "levels": list(self._task.options.quantiles),
            "plots": self._plots(quantiles),
            "attention": self._attention(version),
        }

    def _model_row(self, served: Any, version: epath.Path) -> tuple[dict[str, Any], list[np.ndarray]]:
        """What the signature for raw history gives, its figures, and its quantiles by series."""
        lookback = self._task.options.lookback
        found, calls = [], []
        for series, origins in self._parts:
            places = np.asarray(origins)[:, None] + np.arange(-lookback, 0)
            history, stamps = tf.constant(series.values[places]), tf.constant(series.times_secs[places])
            found.append(served(history=history, timestamps=stamps)["quantiles"].numpy())
            calls += [(history[i : i + 1], stamps[i : i + 1]) for i in range(min(TIMED, len(origins)))]
        start_secs = time.perf_counter()
        for history, stamps in calls[:TIMED]:
            served(history=history, timestamps=stamps)
        latency_ms = 1000 * (time.perf_counter() - start_secs) / len(calls[:TIMED])
        size = sum(path.stat().length for path in (version / "variables").glob("*"))
        return self._row(f"version {version.name}", found, latency_ms=latency_ms, size_bytes=size, advice=ADVICE), found

    def _traditional_row(self, name: str) -> dict[str, Any]:
        options = self._task.options
        found, fit_secs, secs, size = [], 0.0, 0.0, 0
        for series, origins in self._parts:
            forecaster = TRADITIONAL[name](season=options.season, lookback=options.lookback)
            train = int(np.searchsorted(series.times_secs, self._bounds["train"][1]))
            start_secs = time.perf_counter()
            forecaster.fit(series.values[:train], options.horizon)
            fitted_secs = time.perf_counter()
            point = forecaster.forecast(series.values, origins, options.horizon)
            secs += time.perf_counter() - fitted_secs
            fit_secs += fitted_secs - start_secs
            size += forecaster.size_bytes()
            found.append(point[..., None])
        latency_ms = 1000 * secs / sum(len(origins) for _, origins in self._parts)
        advice = TRADITIONAL[name].advice
        return self._row(name, found, fit_secs=fit_secs, latency_ms=latency_ms, size_bytes=size, advice=advice)

    def _row(self, name: str, quantiles: list[np.ndarray], **measured: Any) -> dict[str, Any]:
        options = self._task.options
        levels = options.quantiles if quantiles[0].shape[-1] > 1 else ()
        futures, histories = self._windows()
        forecasts = Forecasts(
            future=futures,
            quantiles=np.concatenate(quantiles),
            levels=levels,
            history=histories,
            season=options.season,
            scale=np.broadcast_to(self._task.source().scale(), (len(futures), futures.shape[-1])),
        )
        names = [each for each in METRICS if levels or each != "coverage"]
        return {"name": name, "figures": {each: compute_metric(each, forecasts) for each in names}, **measured}

    def _windows(self) -> tuple[np.ndarray, np.ndarray]:
        """(futures, histories) at all origins."""
        options = self._task.options
        futures, histories = [], []
        for series, origins in self._parts:
            places = np.asarray(origins)[:, None]
            futures.append(series.values[places + np.arange(options.horizon)])
            histories.append(series.values[places + np.arange(-options.lookback, 0)])
        return np.concatenate(futures), np.concatenate(histories)

    def _plots(self, quantiles: list[np.ndarray]) -> list[dict[str, Any]]:
        """The first series' channels: what was observed in the test range and every forecast that follows the last."""
        series, origins = self._parts[0]
        horizon = self._task.options.horizon
        apart = max(1, -(-horizon // self._every))
        first = max(0, origins[0] - self._task.options.lookback)
        stamps = [str(stamp) for stamp in series.times_secs.astype("datetime64[s]")]
        return [
            {
                "channel": name,
                "times": stamps[first : origins[-1] + horizon],
                "values": _listed(series.values[first : origins[-1] + horizon, channel]),
                "forecasts": [
                    {
                        "times": stamps[origin : origin + horizon],
                        "quantiles": _listed(quantiles[0][index, :, channel].T),
                    }
                    for index, origin in list(enumerate(origins))[::apart]
                ],
            }
            for channel, name in enumerate(self._task.channel_names())
        ]

    def _attention(self, version: epath.Path) -> dict[str, Any] | None:
        """Of the first channel of the last window, beside its forecast; None where the model has no attention."""
        model = self._task.load_model(str(version / TRAINED_MODEL))
        series, origins = self._parts[0]
        inputs = self._task.window_inputs(series, origins[-1], model)
        maps = attention_maps(model, inputs)
        if not maps:
            return None
        encoder = [found for found in maps if found.layer.startswith("encoder")]
        return {
            "origin": str(series.times_secs.astype("datetime64[s]")[origins[-1]]),
            "history": _listed(inputs["history"][0, :, 0]),
            "maps": [{"layer": found.layer, "weights": _listed(found.weights[0])} for found in maps],
            "rollout": _listed(rollout(encoder)[0].mean(axis=0)),
        }


def write_results(root: Path, results: dict[str, Any]) -> Path:
    """Writes the results where the reports of the root look for them."""
    path = root / RESULTS
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results))
    return path


def _listed(values: np.ndarray) -> Any:
    """Nested lists of rounded numbers, None where missing."""
    rounded = np.round(np.asarray(values, np.float64), 5)
    return np.where(np.isnan(rounded), None, rounded).tolist()
