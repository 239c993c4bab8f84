"""What a forecaster minimizes, and how well it does on each window."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from models.forecasters.forecaster import FUTURE
from training.losses.per_example import PerExample
from training.losses.registry import loss
from training.objective import Ratio

# Key of the targets that holds the future with its gaps filled.
FILLED = "filled"


class ForecastObjective:
    """Loss and MASE of `(inputs, targets)` batches, see `tasks.forecasting.batches.split_windows`.

    A model with an input for the future is given it.
    """

    layers: Sequence[keras.layers.Layer] = ()

    def __init__(self, kind: str, levels: Sequence[float]) -> None:
        """See `ForecastLoss`."""
        self._loss = ForecastLoss(kind=kind, levels=levels)

    def __call__(self, model: keras.Model, batch: Any, *, training: bool) -> tuple[Any, dict[str, Any]]:
        inputs, targets = batch
        if FUTURE in model.input:
            inputs = {**inputs, FUTURE: targets[FILLED]}
        quantiles = model(inputs, training=training)["quantiles"]
        return self._loss(targets, quantiles), {"mase": Ratio(*mase_sums(targets, quantiles))}


@keras.saving.register_keras_serializable(package="slipway")
class ForecastLoss(PerExample):
    """A loss of scaled values, so that channels count alike: the mean over what was observed."""

    def __init__(self, *, kind: str, levels: Sequence[float]) -> None:
        """Args:
        kind: loss of each value: mse, mae, huber or pinball.
        levels: levels of the quantiles; (0.5,) for a point forecast.
        """
        super().__init__(name="forecast")
        self.kind = kind
        self.levels = tuple(levels)
        self._values = loss(kind, levels=self.levels) if kind == "pinball" else loss(kind)

    def call(self, y_true: Mapping[str, Any], y_pred: Any) -> Any:
        """`y_true`: `future`, `observed` and `scale` of `tasks.forecasting.batches.split_windows`; `y_pred`: quantiles,
        `[example, row, channel, quantile]`."""
        error = y_true["future"][..., None] - y_pred
        error = error / y_true["scale"][:, None, :, None]
        losses = self._values.of_errors(error) * y_true["observed"][..., None]
        observed = ops.maximum(ops.sum(y_true["observed"], axis=(1, 2)), 1.0)
        return ops.sum(losses, axis=(1, 2, 3)) / (observed * len(self.levels))

    def get_config(self) -> dict[str, Any]:
        return {"kind": self.kind, "levels": self.levels}


@keras.saving.register_keras_serializable(package="slipway")
class ForecastDistance(PerExample):
    """Distance of a student's quantiles from its teacher's, as `ForecastLoss` counts errors.

    Between two quantiles of a level there is no reason to prefer a side, so that pinball's is the absolute difference.
    """

    def __init__(self, *, kind: str, scale: Sequence[float]) -> None:
        """Args:
        kind: loss of each value: mse, mae, huber or pinball.
        scale: standard deviation of each channel, `[channel]`.
        """
        super().__init__(name="forecast_distance")
        self.kind = kind
        self.scale = tuple(float(each) for each in scale)
        self._values = loss("mae" if kind == "pinball" else kind)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """`y_true`: the teacher's quantiles; `y_pred`: the student's; both `[example, row, channel, quantile]`."""
        scale = ops.convert_to_tensor(self.scale, "float32")
        return ops.mean(self._values.of_errors((y_true - y_pred) / scale[:, None]), axis=(1, 2, 3))

    def get_config(self) -> dict[str, Any]:
        return {"kind": self.kind, "scale": self.scale}


def mase_sums(targets: Mapping[str, Any], quantiles: Any) -> tuple[Any, Any]:
    """Both sums of `tasks.forecasting.metrics.mase`, `[example]` each.

    Returns:
      The sum over the channels that can be compared, and their number.
    """
    observed = ops.convert_to_tensor(targets["observed"])
    naive = ops.convert_to_tensor(targets["naive"])
    point = ops.cast(quantiles, "float32")[..., quantiles.shape[-1] // 2]
    error = ops.sum(ops.abs(targets["future"] - point) * observed, axis=1)
    count = ops.sum(observed, axis=1)
    counts = ops.cast(ops.logical_and(naive > 0, count > 0), "float32")
    ratio = error / ops.maximum(count, 1.0) / ops.where(naive > 0, naive, 1.0)
    return ops.sum(ratio * counts, axis=1), ops.sum(counts, axis=1)


def mase_of_examples(targets: Mapping[str, Any], quantiles: Any) -> Any:
    """`[example]`: each window's own MASE; 0 where nothing can be compared."""
    total, count = mase_sums(targets, quantiles)
    return total / ops.maximum(count, 1.0)


def targets_of(quantiles: Any) -> dict[str, Any]:
    """Targets that the middle quantile of a forecast meets exactly."""
    point = quantiles[..., quantiles.shape[-1] // 2]
    ones = ops.ones_like(point)
    return {"future": point, "observed": ones, "scale": ones[:, 0], "naive": ones[:, 0]}
