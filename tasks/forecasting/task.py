"""A look-back window in, a horizon out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from data.series.file import SeriesFile
from data.series.windows import SeriesWindows
from tasks.base import EvalMetric, Task
from tasks.forecasting.options import ForecastingOptions

if TYPE_CHECKING:
    import keras
    import tensorflow as tf
    from tensorflow_metadata.proto.v0 import schema_pb2

    from compression.recipe import DistillationOptions
    from data.series.series import Series
    from models.forecasters.forecaster import ForecastShape
    from training.objective import Objective
    from training.windows import Windows


class Forecasting(Task):
    """Forecasts of the rows of a series that follow a look-back window.

    Raw features: see `data.series.windows.SeriesWindows`. The model maps `[batch, lookback, channel]` to `[batch,
    horizon, channel, quantile]`, both in the series' units; a point forecast is a single quantile.
    """

    Options = ForecastingOptions
    label_key = "future"
    evaluation_keys = ("scale",)
    prediction_key = "quantiles"
    overlapping_examples = True
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
            source = source.with_step()
        return self.options.model_copy(update={"source": source, "channels": self.channel_names()})

    def channel_names(self) -> tuple[str, ...]:
        """Names of the values in a row."""
        return self.options.channels or self.options.source.channel_names()

    def repairs(self) -> Mapping[str, int]:
        return self.source().read().repairs

    def schema(self) -> schema_pb2.Schema:
        from tasks.forecasting.schema import window_schema

        return window_schema(horizon=self.options.horizon, channels=len(self.channel_names()))

    def preprocessing_fn(self, inputs: Mapping[str, tf.Tensor | tf.SparseTensor]) -> dict[str, tf.Tensor]:
        from tasks.forecasting.transform import transform_windows

        return transform_windows(
            inputs,
            horizon=self.options.horizon,
            channels=len(self.channel_names()),
            step_secs=self.options.source.step_secs(),
        )

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

    def with_train_statistics(
        self, model: keras.Model, files: Sequence[str], *, feature_spec: Mapping[str, Any]
    ) -> keras.Model:
        from models.forecasters.forecaster import STANDARDIZATION
        from training.input import read_examples

        batches = read_examples(files, feature_spec=feature_spec, batch_size=1, to_batch=lambda features: features)
        [first] = batches.take(1)
        location, scale = (first[name].numpy()[0] for name in ("location", "scale"))
        model.get_layer(STANDARDIZATION).set(location=location, scale=scale)
        return model

    def to_batch(self, features: dict[str, tf.Tensor]) -> Any:
        from tasks.forecasting.batches import join_rows, split_windows

        rows = join_rows(features, self.shape(), self._calendar_size())
        options = self.options
        return split_windows(rows, self.shape(), season=options.season, is_taught=options.model.is_taught)

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
        from tasks.forecasting.eval_metrics import list_metrics

        return list_metrics(self.options, self.channel_names())

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
        """The model's inputs `{name: [1, ...]}` for the window of a series whose first forecast row is `origin`."""
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
        from tasks.forecasting.metadata import forecaster_metadata

        return forecaster_metadata(
            self.shape(),
            channels=self.channel_names(),
            quantiles=self.options.quantiles,
            step_secs=self.options.source.step_secs(),
        )

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
