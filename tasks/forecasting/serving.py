"""The signature that takes what a client has: raw history and its times."""

from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from models.forecasters.forecaster import CALENDAR, HISTORY, STANDARDIZATION, ForecastShape
from tasks.forecasting.features import calendar, fill_gaps

if TYPE_CHECKING:
    from tasks.base import Task


def forecast_endpoint(
    task: "Task", model: keras.Model, shape: ForecastShape, step_secs: int
) -> tuple[Any, list[tf.TensorSpec]]:
    """The signature as (function, specs of its arguments).

    It maps `history` `[batch, lookback, channel]`, NaN where missing, and `timestamps` `[batch, lookback]`, seconds
    since 1970, to the task's predictions and the `timestamps` `[batch, horizon]` that they are for. It raises
    InvalidArgumentError where timestamps are not a step apart, and for infinity in the history.
    """

    def forecast(history: tf.Tensor, timestamps: tf.Tensor) -> dict[str, tf.Tensor]:
        rule = f"timestamps must rise by {step_secs} seconds; give absent rows as NaN"
        tf.debugging.assert_equal(timestamps[:, 1:] - timestamps[:, :-1], tf.cast(step_secs, tf.int64), message=rule)
        inputs, future = raw_inputs(model, shape, step_secs, history, timestamps)
        return {**task.predictions(model(task.checked_inputs(inputs), training=False)), "timestamps": future}

    return forecast, [
        tf.TensorSpec([None, shape.lookback, shape.channels], tf.float32, name="history"),
        tf.TensorSpec([None, shape.lookback], tf.int64, name="timestamps"),
    ]


def raw_inputs(
    model: keras.Model, shape: ForecastShape, step_secs: int, history: tf.Tensor, timestamps: tf.Tensor
) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    """The model's inputs from raw history and its timestamps, and the timestamps `[batch, horizon]` of the forecast."""
    future = timestamps[:, -1:] + step_secs * tf.range(1, shape.horizon + 1, dtype=tf.int64)
    inputs = {HISTORY: fill_gaps(history, tf.convert_to_tensor(model.get_layer(STANDARDIZATION).location))}
    if shape.calendar:
        inputs[CALENDAR] = calendar(tf.concat([timestamps, future], axis=1), step_secs)
    return inputs, future
