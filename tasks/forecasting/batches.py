"""From transformed examples to the windows that a forecaster takes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from models.forecasters.forecaster import CALENDAR, HISTORY, ForecastShape
from tasks.forecasting.features import as_rows, fill_gaps, naive_error
from tasks.forecasting.objective import FILLED
from training.input import read_examples
from training.windows import Windows

# Examples parsed at a time.
PARSED = 256


def read_windows(
    files: Sequence[str],
    feature_spec: Mapping[str, Any],
    *,
    shape: ForecastShape,
    calendar: int,
    season: int,
    is_taught: bool,
) -> Windows:
    """All windows of the files, cut out of their segments as they are asked for.

    Args:
      files: paths or patterns.
      feature_spec: parsing spec of the transformed features.
      shape: sizes of the model.
      calendar: number of calendar features of a row in the files.
      season: rows until the series repeats itself, for the denominator of MASE.
      is_taught: whether training takes the future as an input.
    """

    def flat(features: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return {**join_rows(features, shape, calendar), "windows": features["windows"]}

    batches = read_examples(files, feature_spec=feature_spec, batch_size=PARSED, to_batch=flat)
    parts: dict[str, list[np.ndarray]] = {}
    starts, count = [], 0
    for batch in batches.as_numpy_iterator():
        windows = batch.pop("windows")
        length = batch["values"].shape[1]
        for segment, number in enumerate(windows):
            starts.append(count + segment * length + np.arange(number))
        count += len(windows) * length
        for name, values in batch.items():
            parts.setdefault(name, []).append(values.reshape(-1, values.shape[-1]))
    rows = {name: np.concatenate(values) for name, values in parts.items()}
    return Windows(
        rows,
        np.concatenate(starts) if starts else np.zeros(0, np.int64),
        length=shape.lookback + shape.horizon,
        to_batch=lambda window: split_windows(window, shape, season=season, is_taught=is_taught),
    )


def count_windows(files: Sequence[str]) -> int:
    """How many windows the files' segments hold."""
    spec = {"windows": tf.io.FixedLenFeature([], tf.int64)}
    batches = read_examples(files, feature_spec=spec, batch_size=PARSED, to_batch=lambda features: features["windows"])
    return int(sum(batch.sum() for batch in batches.as_numpy_iterator()))


def join_rows(features: Mapping[str, Any], shape: ForecastShape, calendar: int) -> dict[str, tf.Tensor]:
    """Joins history and future of transformed features to rows, `[batch, row, ...]` each.

    Returns:
      `values` of history and future; `calendar`, where there is one; `location` and `scale`, repeated for every row.
    """
    history = as_rows(features["history"], shape.channels)
    values = tf.concat([history, features["future"]], axis=1)
    rows = {"values": values}
    if calendar:
        rows[CALENDAR] = as_rows(features["calendar"], calendar)
    for name in ("location", "scale"):
        rows[name] = features[name][:, None] + tf.zeros_like(tf.where(tf.math.is_nan(values), 0.0, values))
    return rows


def split_windows(
    window: Mapping[str, tf.Tensor], shape: ForecastShape, *, season: int, is_taught: bool
) -> tuple[Any, Any]:
    """Splits windows, as `join_rows` makes them, into inputs and targets.

    Targets: `future` and whether it was `observed` (1 or 0), `[batch, horizon, channel]`; the `scale` of a channel and
    the `naive` error of its history, `[batch, channel]`; with `is_taught`, the future with its gaps `filled`.
    """
    lookback = shape.lookback
    values = tf.ensure_shape(window["values"], [None, lookback + shape.horizon, shape.channels])
    inputs = {HISTORY: fill_gaps(values[:, :lookback], window["location"][0, 0])}
    if shape.calendar:
        inputs[CALENDAR] = tf.ensure_shape(window[CALENDAR], [None, lookback + shape.horizon, shape.calendar])
    future = values[:, lookback:]
    observed = ~tf.math.is_nan(future)
    targets = {
        "future": tf.where(observed, future, 0.0),
        "observed": tf.cast(observed, tf.float32),
        "scale": window["scale"][:, 0],
        "naive": naive_error(values[:, :lookback], season),
    }
    if is_taught:
        targets[FILLED] = fill_gaps(values, window["location"][0, 0])[:, lookback:]
    return inputs, targets


def model_inputs(features: Mapping[str, Any], shape: ForecastShape, calendar: int) -> dict[str, tf.Tensor]:
    """The inputs of a model, out of transformed features of single windows."""
    history = as_rows(features["history"], shape.channels)
    history = tf.ensure_shape(history, [None, shape.lookback, shape.channels])
    inputs = {HISTORY: fill_gaps(history, features["location"][0])}
    if shape.calendar:
        when = as_rows(features["calendar"], calendar)
        inputs[CALENDAR] = tf.ensure_shape(when, [None, shape.lookback + shape.horizon, shape.calendar])
    return inputs
