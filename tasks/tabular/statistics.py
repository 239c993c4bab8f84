"""What is fitted on the train split: of all columns together, since each analyzer of TensorFlow Transform costs
seconds, however many columns it is given. NaN stands for a missing value, which no statistic counts."""

from collections.abc import Hashable, Mapping
from typing import NamedTuple, TypeVar

import tensorflow as tf
import tensorflow_transform as tft

# Rows by which a quantile may be off, as a share of all, times the buckets.
QUANTILE_ERROR = 0.001

Key = TypeVar("Key", bound=Hashable)


class Moments(NamedTuple):
    """Mean and standard deviation, both scalars; a deviation of zero is taken for one."""

    location: tf.Tensor
    scale: tf.Tensor


class Range(NamedTuple):
    """Least and largest value, both scalars."""

    low: tf.Tensor
    high: tf.Tensor


def fit_moments(values: Mapping[Key, tf.Tensor]) -> dict[Key, Moments]:
    """Moments of each `[batch]`, in float64: the squares of numbers far from zero would cancel."""
    if not values:
        return {}
    exact = tf.cast(tf.stack(list(values.values()), axis=1), tf.float64)
    locations = _by_column(tft.mean(exact, reduce_instance_dims=False))
    variances = _by_column(tft.var(exact, reduce_instance_dims=False))
    scales = tf.where(variances > 0, tf.sqrt(variances), 1.0)
    return {
        key: Moments(tf.cast(locations[place], tf.float32), tf.cast(scales[place], tf.float32))
        for place, key in enumerate(values)
    }


def fit_ranges(values: Mapping[Key, tf.Tensor]) -> dict[Key, Range]:
    """The range of each `[batch]`."""
    if not values:
        return {}
    stacked = tf.stack(list(values.values()), axis=1)
    is_missing = tf.math.is_nan(stacked)
    lows = _by_column(tft.min(tf.where(is_missing, float("inf"), stacked), reduce_instance_dims=False))
    highs = _by_column(tft.max(tf.where(is_missing, float("-inf"), stacked), reduce_instance_dims=False))
    return {key: Range(lows[place], highs[place]) for place, key in enumerate(values)}


def fit_quantiles(values: Mapping[Key, tf.Tensor], buckets: Mapping[Key, int]) -> dict[Key, tf.Tensor]:
    """`[buckets - 1]` boundaries between buckets of equally many values of each `[batch]`; one analyzer for each number
    of buckets."""
    found: dict[Key, tf.Tensor] = {}
    for count in sorted(set(buckets.values())):
        keys = [key for key, number in buckets.items() if number == count]
        stacked = tf.stack([values[key] for key in keys], axis=1)
        boundaries = tft.quantiles(stacked, count, QUANTILE_ERROR / count, reduce_instance_dims=False)
        found |= {key: boundaries[place] for place, key in enumerate(keys)}
    return found


def _by_column(statistics: tf.Tensor) -> tf.Tensor:
    """`[column]`; TensorFlow Transform makes a scalar of a single column's."""
    return tf.reshape(statistics, [-1])
