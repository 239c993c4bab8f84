"""What Transform makes of segments of series."""

from collections.abc import Mapping

import tensorflow as tf

from tasks.forecasting.features import as_feature, as_rows, calendar, calendar_size
from tasks.forecasting.scaler import fit_scaler


def transform_windows(
    inputs: Mapping[str, tf.Tensor | tf.SparseTensor], *, horizon: int, channels: int, step_secs: int
) -> dict[str, tf.Tensor]:
    """Transformed features of segments, with the scaler that the train split fits; runs inside Transform's graph.

    Args:
      inputs: raw features, see `data.series.windows.SeriesWindows`.
      horizon: rows that are forecast.
      channels: number of values in a row.
      step_secs: time between two rows.

    Returns:
      `history` as it came; `future` `[batch, horizon, channel]`; `windows` `[batch]`, how many windows begin in the
      segment; `location` and `scale` of the scaler, `[batch, channel]`; `calendar` of all rows, flat, where a cycle of
      it is longer than a step.
    """
    history, future = (as_rows(inputs[name], channels) for name in ("history", "future"))
    location, scale = fit_scaler(tf.concat([history, future], axis=1), tf.reshape(inputs["rows"], [-1]))
    rows = tf.shape(history, tf.int64)[1] + horizon
    times = tf.reshape(inputs["start"], [-1, 1]) + step_secs * tf.range(rows)
    batch = tf.shape(history)[0]
    features = {
        "history": inputs["history"],
        "future": tf.reshape(inputs["future"], [-1, horizon, channels]),
        "windows": tf.reshape(inputs["windows"], [-1]),
        "location": tf.tile(location[None], [batch, 1]),
        "scale": tf.tile(scale[None], [batch, 1]),
    }
    if calendar_size(step_secs):
        features["calendar"] = as_feature(calendar(times, step_secs))
    return features
