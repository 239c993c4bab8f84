"""The scaler that Transform fits on the train split."""

import tensorflow as tf
import tensorflow_transform as tft


def fit_scaler(rows: tf.Tensor, own_rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Fits mean and standard deviation of each channel as scikit-learn's StandardScaler does, without missing values.

    In two passes and in float64: the squares of a series that is far from zero would cancel.

    Args:
      rows: `[segment, time, channel]`, NaN where missing.
      own_rows: `[segment]`, how many of a segment's rows count; the others are in the next one too.

    Returns:
      Mean and standard deviation, `[channel]` float32 each; a deviation of zero is taken for one.
    """
    counts = tf.range(tf.shape(rows, tf.int64)[1])[None, :, None] < own_rows[:, None, None]
    observed = tf.logical_and(counts, ~tf.math.is_nan(rows))
    number = _total(tf.cast(observed, tf.float64))
    location = _total(tf.where(observed, tf.cast(rows, tf.float64), 0.0)) / number
    squares = tf.where(observed, tf.square(tf.cast(rows, tf.float64) - location), 0.0)
    scale = tf.sqrt(_total(squares) / number)
    return tf.cast(location, tf.float32), tf.cast(tf.where(scale > 0, scale, 1.0), tf.float32)


def _total(rows: tf.Tensor) -> tf.Tensor:
    """Sum over the train split, `[channel]`."""
    return tft.sum(tf.reduce_sum(rows, axis=1), reduce_instance_dims=False)
