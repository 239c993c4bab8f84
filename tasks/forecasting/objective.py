"""What a forecaster minimizes, and how well it does on each window."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
from keras import ops

from models.forecasters.forecaster import FUTURE
from training.losses.regression import POINTWISE
from training.objective import Ratio

# Key of the targets that holds the future with its gaps filled.
FILLED = "filled"


class ForecastObjective:
    """Loss and MASE of `(inputs, targets)` batches, see `tasks.forecasting.batches.split_windows`.

    A model with an input for the future is given it.
    """

    layers: Sequence[keras.layers.Layer] = ()

    def __init__(self, kind: str, levels: Sequence[float]) -> None:
        """See `forecast_loss`."""
        self._loss = forecast_loss(kind, levels)

    def __call__(self, model: keras.Model, batch: Any, *, training: bool) -> tuple[Any, dict[str, Any]]:
        inputs, targets = batch
        if FUTURE in model.input:
            inputs = {**inputs, FUTURE: targets[FILLED]}
        outputs = model(inputs, training=training)
        return self._loss(targets, outputs), {"mase": Ratio(*mase_sums(targets, outputs["quantiles"]))}


def forecast_loss(kind: str, levels: Sequence[float]) -> Callable[[Any, Mapping[str, Any]], Any]:
    """A loss of scaled values, so that channels count alike: the mean over what was observed, `[example]`.

    Args:
      kind: loss of each value, a key of `POINTWISE`.
      levels: levels of the quantiles; (0.5,) for a point forecast.
    """
    pointwise = POINTWISE[kind]

    def loss(targets: Mapping[str, Any], outputs: Mapping[str, Any]) -> Any:
        error = targets["future"][..., None] - ops.cast(outputs["quantiles"], "float32")
        error = error / targets["scale"][:, None, :, None]
        losses = pointwise(error, ops.convert_to_tensor(levels, "float32")) * targets["observed"][..., None]
        observed = ops.maximum(ops.sum(targets["observed"], axis=(1, 2)), 1.0)
        return ops.sum(losses, axis=(1, 2, 3)) / (observed * len(levels))

    return loss


def forecast_distance(kind: str, scale: Any) -> Callable[[Mapping[str, Any], Mapping[str, Any]], Any]:
    """Distance of a student's quantiles from its teacher's, as `forecast_loss` counts errors: `[example]`.

    Between two quantiles of a level there is no reason to prefer a side, so that pinball's is the absolute difference.

    Args:
      kind: mse, mae, huber or pinball.
      scale: standard deviation of each channel, `[channel]`.
    """
    pointwise = POINTWISE["mae" if kind == "pinball" else kind]

    def distance(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> Any:
        error = ops.cast(theirs["quantiles"], "float32") - ops.cast(ours["quantiles"], "float32")
        return ops.mean(pointwise(error / scale[:, None], None), axis=(1, 2, 3))

    return distance


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
