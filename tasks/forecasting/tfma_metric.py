"""Metrics of forecasts for TFMA: labels `[horizon, channel]`, predictions `[horizon, channel, quantile]`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from tasks.forecasting.metrics import METRICS, Forecasts
from tasks.tfma_inputs import label_and_prediction

HISTORY = "history"
SCALE = "scale"


class ForecastMetric(tfma.metrics.Metric):
    """One of `tasks.forecasting.metrics.METRICS`, over whole windows or over a part of each."""

    def __init__(
        self,
        *,
        name: str,
        metric: str,
        channels: int,
        levels: list[float],
        season: int,
        first_step: int = 0,
        last_step: int | None = None,
        channel: int | None = None,
    ) -> None:
        """Args:
        name: name that TFMA reports the metric under.
        metric: a key of `METRICS`.
        channels: number of values in a row.
        levels: levels of the quantiles; empty for a point forecast.
        season: rows until the series repeats itself.
        first_step: first step of the horizon that counts.
        last_step: the step after the last one that counts; None counts all to the end.
        channel: index of the channel that counts; None counts all.
        """
        super().__init__(
            tfma.metrics.metric_util.merge_per_key_computations(_computations),
            name=name,
            metric=metric,
            channels=channels,
            levels=levels,
            season=season,
            first_step=first_step,
            last_step=last_step,
            channel=channel,
        )

    @staticmethod
    def example_ratio(sums: tuple[float, float], config: Mapping[str, Any]) -> tuple[float, float]:
        """What windows add to both sums of the metric."""
        return sums


def _computations(
    name: str,
    metric: str,
    channels: int,
    levels: list[float],
    season: int,
    first_step: int,
    last_step: int | None,
    channel: int | None,
    eval_config: config_pb2.EvalConfig | None = None,
    model_name: str = "",
    output_name: str = "",
    example_weighted: bool = False,
) -> tfma.metrics.MetricComputations:
    key = tfma.metrics.MetricKey(
        name=name, model_name=model_name, output_name=output_name, example_weighted=example_weighted
    )
    combiner = _SumsCombiner(
        key,
        metric=metric,
        channels=channels,
        levels=levels,
        season=season,
        steps=slice(first_step, last_step),
        channel=channel,
        model_name=model_name,
        eval_config=eval_config,
    )
    return [
        tfma.metrics.MetricComputation(
            keys=[key],
            preprocessors=[tfma.metrics.metric_types.FeaturePreprocessor(feature_keys=[HISTORY, SCALE])],
            combiner=combiner,
        )
    ]


class _SumsCombiner(beam.CombineFn):
    """Adds up both sums of a metric."""

    def __init__(
        self,
        key: tfma.metrics.MetricKey,
        *,
        metric: str,
        channels: int,
        levels: list[float],
        season: int,
        steps: slice,
        channel: int | None,
        model_name: str,
        eval_config: config_pb2.EvalConfig | None,
    ) -> None:
        self._key = key
        self._sums = METRICS[metric]
        self._channels = channels
        self._levels = levels
        self._season = season
        self._part = (steps, channel)
        self._model_name = model_name
        self._eval_config = eval_config

    def create_accumulator(self) -> tuple[float, float]:
        return 0.0, 0.0

    def add_input(self, sums: tuple[float, float], element: Any) -> tuple[float, float]:
        added = self._sums(self._forecasts(element).part(*self._part))
        return sums[0] + added[0], sums[1] + added[1]

    def merge_accumulators(self, accumulators: Iterator[tuple[float, float]]) -> tuple[float, float]:
        totals = np.sum(list(accumulators), axis=0)
        return float(totals[0]), float(totals[1])

    def extract_output(self, sums: tuple[float, float]) -> dict[tfma.metrics.MetricKey, float]:
        return {self._key: sums[0] / sums[1] if sums[1] else float("nan")}

    def _forecasts(self, element: Any) -> Forecasts:
        """One window. Labels and features come flat, as an example holds them; predictions of files do too."""
        label, prediction = label_and_prediction(element, eval_config=self._eval_config, model_name=self._model_name)
        rows = (1, -1, self._channels)
        return Forecasts(
            future=np.reshape(label, rows),
            quantiles=np.reshape(prediction, (1, np.size(label) // self._channels, self._channels, -1)),
            levels=self._levels,
            history=np.reshape(np.asarray(element.features[HISTORY]), rows),
            season=self._season,
            scale=np.reshape(element.features[SCALE], (1, self._channels)),
        )
