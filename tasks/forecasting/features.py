"""Features of a forecast, computed inside TensorFlow graphs: the same in Transform, training and serving."""

import math

import tensorflow as tf

# Seconds of the cycles that a calendar knows: a day, a week, a year.
PERIODS = (86_400.0, 604_800.0, 365.2425 * 86_400.0)


def calendar_size(step_secs: int) -> int:
    """How many features `calendar` gives."""
    return 2 * sum(period > step_secs for period in PERIODS)


def calendar(times_secs: tf.Tensor, step_secs: int) -> tf.Tensor:
    """Sine and cosine of the place of each time in the day, the week and the year.

    Cycles that are no longer than a step are left out.

    Args:
      times_secs: `[...]`, seconds since 1970.
      step_secs: time between two rows.

    Returns:
      `[..., feature]` float32.
    """
    exact = tf.cast(times_secs, tf.float64)
    features = []
    for period in PERIODS:
        if period > step_secs:
            angle = tf.cast(tf.math.floormod(exact, period) * (2 * math.pi / period), tf.float32)
            features += [tf.sin(angle), tf.cos(angle)]
    return tf.stack(features, axis=-1) if features else tf.zeros([*times_secs.shape, 0])


def fill_gaps(values: tf.Tensor, otherwise: tf.Tensor) -> tf.Tensor:
    """Replaces missing values by the last one before, else by the first one after, else by `otherwise`.

    Args:
      values: `[batch, time, channel]`, NaN where missing; the length of time is known when the graph is made.
      otherwise: values of a window without any, `[channel]`.
    """

    def fill() -> tf.Tensor:
        both = tf.reverse(_carry_forward(tf.reverse(_carry_forward(values), [1])), [1])
        return tf.where(tf.math.is_nan(both), otherwise + tf.zeros_like(both), both)

    # Most batches have no gap, and the rounds cost more than a small network.
    return tf.cond(tf.reduce_any(tf.math.is_nan(values)), fill, lambda: tf.identity(values))


def _carry_forward(values: tf.Tensor) -> tf.Tensor:
    """Carries values forward into gaps, twice as far in each round, so that the nearest one before comes first."""
    distance, rows = 1, values.shape[1]
    while distance < rows:
        before = tf.pad(values[:, :-distance], [[0, 0], [distance, 0], [0, 0]], constant_values=float("nan"))
        values = tf.where(tf.math.is_nan(values), before, values)
        distance *= 2
    return values


def as_rows(feature: tf.Tensor | tf.SparseTensor, width: int) -> tf.Tensor:
    """Shapes a flat feature `[batch, time · width]`, as an example holds it, to `[batch, time, width]`."""
    dense = tf.sparse.to_dense(feature) if isinstance(feature, tf.SparseTensor) else feature
    return tf.reshape(dense, [tf.shape(dense)[0], -1, width])


def as_feature(rows: tf.Tensor) -> tf.SparseTensor:
    """Flattens `[batch, time, width]` to a sparse feature, which Transform writes whatever its length."""
    flat = tf.reshape(rows, [tf.shape(rows)[0], -1])
    return tf.SparseTensor(tf.where(tf.ones_like(flat, tf.bool)), tf.reshape(flat, [-1]), tf.shape(flat, tf.int64))


def naive_error(history: tf.Tensor, season: int) -> tf.Tensor:
    """Mean absolute error of the seasonal naive forecast inside each history: the denominator of MASE.

    It is 0 where there is nothing to compare.

    Source: Hyndman, Koehler, "Another look at measures of forecast accuracy", 2006, section 3, seasonal.

    Args:
      history: `[batch, time, channel]`, NaN where missing.
      season: rows until the series repeats itself.

    Returns:
      `[batch, channel]`.
    """
    errors = tf.abs(history[:, season:] - history[:, :-season])
    observed = ~tf.math.is_nan(errors)
    total = tf.reduce_sum(tf.where(observed, errors, 0.0), axis=1)
    return total / tf.maximum(tf.reduce_sum(tf.cast(observed, tf.float32), axis=1), 1.0)
