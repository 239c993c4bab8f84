"""A look-back window in, a horizon out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from data.series.file import SeriesFile
from data.series.splits import TimeShares, TimeSplits
from data.series.windows import AnySeries, SeriesWindows
from models.forecasters.options import DLinearOptions, Forecaster
from tasks.base import EvalMetric, Task, TaskOptions

if TYPE_CHECKING:
    import keras
    import tensorflow as tf
    from tensorflow_metadata.proto.v0 import schema_pb2

    from compression.recipe import DistillationOptions
    from data.series.series import Series
    from models.forecasters.forecaster import ForecastShape
    from training.objective import Objective
    from training.windows import Windows

# Figures that are reported of all, and those also of parts of the horizon and of channels.
FIGURES = ("mase", "mae", "mse", "scaled_mae", "scaled_mse", "smape", "mae_over_naive")
FIGURES_OF_QUANTILES = ("pinball", "coverage")
FIGURES_OF_PARTS = ("mase", "mae")


class ForecastingOptions(TaskOptions):
    """Options of Forecasting."""

    source: AnySeries = Field(description="Where series come from.")
    lookback: int = Field(ge=2, description="Rows that are seen.")
    horizon: int = Field(ge=1, description="Rows that are forecast.")
    splits: TimeSplits = Field(default_factory=TimeShares, description="Shares of the time, or ranges of one's own.")
    season: int = Field(1, ge=1, description="Rows until the series repeats itself; for what forecasts are judged by.")
    channels: tuple[str, ...] = Field((), description="Names of the columns; default: those of the source.")
    model: Forecaster = Field(default_factory=lambda: DLinearOptions(kind="dlinear"), description="The network.")
    calendar: bool = Field(True, description="Give networks that can read it the calendar of each row.")
    quantiles: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = Field(
        (), description="Levels, an odd number, rising, 0.5 in the middle; empty: a point forecast."
    )
    loss: Literal["mse", "mae", "huber", "pinball"] | None = Field(
        None, description="Of scaled values; default: pinball with quantiles, else mse."
    )
    horizon_parts: int = Field(2, ge=1, description="In how many parts of the horizon errors are told apart.")

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


class Forecasting(Task):
    """Raw features: see `data.series.windows.SeriesWindows`. Model: `[batch, lookback, channel]` to `[batch, horizon,
    channel, quantile]`, both in the series' units; a point forecast is the one quantile there is."""

    Options = ForecastingOptions
    label_key = "future"
    evaluation_keys = ("scale",)
    prediction_key = "quantiles"
    reads: ClassVar = {
        "source": ("source", "lookback", "horizon", "splits"),
        "schema": ("horizon", "channels"),
        "preprocessing": ("source", "horizon", "channels"),
        "training": (
            "source",
            "lookback",
            "horizon",
            "season",
            "channels",
            "model",
            "calendar",
            "quantiles",
            "loss",
        ),
        "evaluation": ("horizon", "season", "channels", "quantiles", "horizon_parts"),
        "serving": ("source", "lookback", "horizon", "channels", "model", "calendar", "quantiles"),
    }
    refused_changes: ClassVar[Mapping[str, str]] = {
        "prune_channels": "the layers around a network, which scale a series, need every channel",
        "quantize_aware": "operations stand between layers, whose ranges it does not know; int8 is had after training",
    }
    compared_metadata = ("channels", "quantiles", "step_secs")
    compared_inputs = ("history",)
    options: ForecastingOptions

    def source(self) -> SeriesWindows:
        options = self.options
        return SeriesWindows(
            source=options.source, lookback=options.lookback, horizon=options.horizon, splits=options.splits
        )

    def resolved_options(self) -> ForecastingOptions:
        source = self.options.source
        if isinstance(source, SeriesFile):
            source = source.resolved()
        return self.options.model_copy(update={"source": source, "channels": self.channel_names()})

    def channel_names(self) -> tuple[str, ...]:
        """Names of the values in a row."""
        return self.options.channels or self.options.source.channel_names()

    def repairs(self) -> Mapping[str, int]:
        return self.source().read().repairs

    def schema(self) -> schema_pb2.Schema:
        from tensorflow_metadata.proto.v0 import schema_pb2

        schema = schema_pb2.Schema()
        kinds = {"start": "INT", "windows": "INT", "rows": "INT", "hour": "INT", "month": "INT"}
        kinds |= {"history": "FLOAT", "future": "FLOAT", "missing": "FLOAT", "scale": "FLOAT", "series": "BYTES"}
        channels = len(self.channel_names())
        widths = {"future": self.options.horizon * channels, "scale": channels}
        for name, kind in kinds.items():
            feature = schema.feature.add(name=name, type=schema_pb2.FeatureType.Value(kind))
            feature.presence.CopyFrom(schema_pb2.FeaturePresence(min_fraction=1.0, min_count=1))
            # Train segments are longer than windows.
            if name != "history":
                feature.shape.dim.add(size=widths.get(name, 1))
        return schema

    def preprocessing_fn(self, inputs: Mapping[str, tf.Tensor | tf.SparseTensor]) -> dict[str, tf.Tensor]:
        import tensorflow as tf

        from tasks.forecasting.features import as_feature, as_rows, calendar, calendar_size
        from tasks.forecasting.scaler import fitted_scaler

        channels, step_secs = len(self.channel_names()), self.options.source.step_secs()
        history, future = (as_rows(inputs[name], channels) for name in ("history", "future"))
        own_rows = tf.reshape(inputs["rows"], [-1])
        location, scale = fitted_scaler(tf.concat([history, future], axis=1), own_rows)
        rows = tf.shape(history, tf.int64)[1] + self.options.horizon
        times = tf.reshape(inputs["start"], [-1, 1]) + step_secs * tf.range(rows)
        batch = tf.shape(history)[0]
        features = {
            "history": inputs["history"],
            "future": tf.reshape(inputs["future"], [-1, self.options.horizon, channels]),
            "windows": tf.reshape(inputs["windows"], [-1]),
            "location": tf.tile(location[None], [batch, 1]),
            "scale": tf.tile(scale[None], [batch, 1]),
        }
        if calendar_size(step_secs):
            features["calendar"] = as_feature(calendar(times, step_secs))
        return features

    def shape(self) -> ForecastShape:
        """Sizes of the model."""
        from models.forecasters.forecaster import ForecastShape

        options = self.options
        return ForecastShape(
            lookback=options.lookback,
            horizon=options.horizon,
            channels=len(self.channel_names()),
            quantiles=max(1, len(options.quantiles)),
            calendar=self._calendar_size() if options.calendar and options.model.has_calendar else 0,
        )

    def interface(self) -> dict[str, Any]:
        options = self.options
        shape = options.model_dump(mode="json", include={"source", "channels", "lookback", "horizon", "quantiles"})
        return {**shape, "calendar": options.calendar and options.model.has_calendar}

    def model(self) -> keras.Model:
        return self.options.model.build(self.shape())

    def training_model(self, model: keras.Model) -> keras.Model:
        return self.options.model.training_model(model, self.shape())

    def adapt(self, model: keras.Model, files: Sequence[str], *, feature_spec: Mapping[str, Any]) -> keras.Model:
        from models.forecasters.forecaster import STANDARDIZATION
        from training.input import read_examples

        batches = read_examples(files, feature_spec=feature_spec, batch_size=1, to_batch=lambda features: features)
        [first] = batches.take(1)
        location, scale = (first[name].numpy()[0] for name in ("location", "scale"))
        model.get_layer(STANDARDIZATION).set(location=location, scale=scale)
        return model

    def to_batch(self, features: dict[str, tf.Tensor]) -> Any:
        from tasks.forecasting.batches import joined, supervised

        rows = joined(features, self.shape(), self._calendar_size())
        options = self.options
        return supervised(rows, self.shape(), season=options.season, is_taught=options.model.is_taught)

    def batches(self, files: Sequence[str], *, feature_spec: Mapping[str, Any], batch_size: int) -> tf.data.Dataset:
        return self._windows(files, feature_spec).batches(batch_size)

    def train_batches(
        self,
        files: Sequence[str],
        *,
        feature_spec: Mapping[str, Any],
        batch_size: int,
        seed: int,
        steps_per_epoch: int,
    ) -> Callable[[int], tf.data.Dataset]:
        windows = self._windows(files, feature_spec)
        return windows.shuffled(batch_size, seed=seed, steps_per_epoch=steps_per_epoch)

    def examples_per_epoch(self, files: Sequence[str]) -> int:
        from tasks.forecasting.batches import count_windows

        return count_windows(files)

    def objective(self) -> Objective:
        from tasks.forecasting.objective import ForecastObjective

        return ForecastObjective(self._loss, self.options.quantiles or (0.5,))

    def distillation_objective(self, teacher: keras.Model, options: DistillationOptions) -> Objective:
        from compression.changes.distillation import DistillationObjective
        from models.forecasters.forecaster import STANDARDIZATION
        from tasks.forecasting.objective import ForecastDistance

        distance = ForecastDistance(kind=self._loss, scale=teacher.get_layer(STANDARDIZATION).scale.numpy())
        return DistillationObjective(
            self.objective(),
            teacher=teacher,
            loss=lambda theirs, ours: distance(theirs["quantiles"], ours["quantiles"]),
            weight=options.weight,
        )

    def metrics(self) -> tuple[EvalMetric, ...]:
        options, names = self.options, self.channel_names()
        figures = FIGURES + (FIGURES_OF_QUANTILES if options.quantiles else ())
        found = [self._metric(figure, figure) for figure in figures]
        bounds = [round(part * options.horizon / options.horizon_parts) for part in range(options.horizon_parts + 1)]
        if options.horizon_parts > 1:
            for first, last in itertools.pairwise(bounds):
                part = {"first_step": first, "last_step": last}
                found += [self._metric(f"{f}_steps_{first + 1}_{last}", f, **part) for f in FIGURES_OF_PARTS]
        if len(names) > 1:
            for index, name in enumerate(names):
                found += [self._metric(f"{f}_{name}", f, channel=index) for f in FIGURES_OF_PARTS]
        return tuple(found)

    def example_metric(self, targets: Any, outputs: Mapping[str, Any]) -> Any:
        from tasks.forecasting.objective import mase_of_examples

        return mase_of_examples(targets, outputs["quantiles"])

    def as_targets(self, outputs: Mapping[str, Any]) -> Any:
        from tasks.forecasting.objective import targets_of

        return targets_of(outputs["quantiles"])

    def model_inputs(self, features: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        from tasks.forecasting.batches import model_inputs

        return model_inputs(features, self.shape(), self._calendar_size())

    def window_inputs(self, series: Series, origin: int, model: keras.Model) -> dict[str, tf.Tensor]:
        """The model's inputs of one window out of a series, whose first forecast row is `origin`."""
        import tensorflow as tf

        from tasks.forecasting.serving import raw_inputs

        rows = slice(origin - self.options.lookback, origin)
        history, times = tf.constant(series.values[None, rows]), tf.constant(series.times_secs[None, rows])
        return raw_inputs(model, self.shape(), series.step_secs, history, times)[0]

    def predictions(self, outputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        quantiles = outputs["quantiles"]
        found = {"quantiles": quantiles, "forecast": quantiles[..., quantiles.shape[-1] // 2]}
        if self.options.quantiles:
            found |= {"lower": quantiles[..., 0], "upper": quantiles[..., -1]}
        return found

    def endpoints(self, model: keras.Model) -> Mapping[str, tuple[Any, list[Any]]]:
        from tasks.forecasting.serving import forecast_endpoint

        return {"forecast": forecast_endpoint(self, model, self.shape(), self.options.source.step_secs())}

    def serving_metadata(self) -> dict[str, Any]:
        options, shape = self.options, self.shape()
        metadata = {
            "input": f"history: float32 [batch, {shape.lookback}, {shape.channels}], in the series' units, gaps filled",
            "output": f"quantiles: float32 [batch, {shape.horizon}, {shape.channels}, {shape.quantiles}], in the same",
            "channels": list(self.channel_names()),
            "quantiles": list(options.quantiles),
            "step_secs": options.source.step_secs(),
        }
        if shape.calendar:
            metadata["calendar"] = (
                f"calendar: float32 [batch, {shape.lookback + shape.horizon}, {shape.calendar}]: sine and cosine of "
                f"the place of each row's time in the UTC day, week (from Thursday on) and year of 365.2425 days since "
                f"1970, without cycles that are no longer than step_secs"
            )
        return metadata

    @property
    def _loss(self) -> str:
        return self.options.loss or ("pinball" if self.options.quantiles else "mse")

    def _calendar_size(self) -> int:
        from tasks.forecasting.features import calendar_size

        return calendar_size(self.options.source.step_secs())

    def _windows(self, files: Sequence[str], feature_spec: Mapping[str, Any]) -> Windows:
        from tasks.forecasting.batches import read_windows

        return read_windows(
            files,
            feature_spec,
            shape=self.shape(),
            calendar=self._calendar_size(),
            season=self.options.season,
            is_taught=self.options.model.is_taught,
        )

    def _metric(self, name: str, figure: str, **part: Any) -> EvalMetric:
        return EvalMetric(
            name=name,
            class_name="ForecastMetric",
            module="tasks.forecasting.tfma_metric",
            config={
                "figure": figure,
                "channels": len(self.channel_names()),
                "levels": list(self.options.quantiles),
                "season": self.options.season,
                **part,
            },
            # Coverage has a right value rather than a direction; a gate on it has both limits.
            higher_is_better=figure == "coverage",
        )
