"""What Transform makes of columns of numbers."""

from collections.abc import Hashable, Mapping
from typing import NamedTuple

import tensorflow as tf

from tasks.tabular.columns import NumericColumn
from tasks.tabular.fields import Field
from tasks.tabular.statistics import Moments, Range, fit_moments, fit_quantiles, fit_ranges

# Buckets whose one boundary is the median.
HALVES = 2


class NumberStatistics(NamedTuple):
    """What is fitted of all columns, by name; of a column what its options ask for."""

    moments: Mapping[Hashable, Moments]
    of_logs: Mapping[str, Moments]
    ranges: Mapping[str, Range]
    medians: Mapping[str, tf.Tensor]
    boundaries: Mapping[str, tf.Tensor]


def fit_numbers(
    fields: Mapping[str, Field], columns: Mapping[str, NumericColumn], others: Mapping[Hashable, tf.Tensor]
) -> NumberStatistics:
    """The statistics that the options ask for.

    Args:
      fields: what rows hold.
      columns: the options, by the same names.
      others: numbers that are no columns, `[batch]`, of which the moments are wanted too; under names of their own.
    """
    known = {name: tf.where(field.is_there, field.values, float("nan")) for name, field in fields.items()}
    moments: dict[tuple[Hashable, bool], tf.Tensor] = {(name, False): values for name, values in others.items()}
    quantiles: dict[tuple[str, int], tf.Tensor] = {}
    for name, column in columns.items():
        if column.transform == "z_score" or (column.may_be_missing and column.impute == "mean"):
            moments[name, False] = known[name]
        if column.transform == "log":
            moments[name, True] = signed_log(known[name])
        if column.may_be_missing and column.impute == "median":
            quantiles[name, HALVES] = known[name]
        if column.is_bucketed:
            quantiles[name, column.buckets] = known[name]
    fitted = fit_moments(moments)
    boundaries = fit_quantiles(quantiles, {key: key[1] for key in quantiles})
    spans = {name for name, column in columns.items() if column.transform in ("min_max", "piecewise_linear")}
    return NumberStatistics(
        moments={name: found for (name, is_log), found in fitted.items() if not is_log},
        of_logs={str(name): found for (name, is_log), found in fitted.items() if is_log},
        ranges=fit_ranges({name: known[name] for name in columns if name in spans}),
        medians={name: found[0] for (name, count), found in boundaries.items() if count == HALVES},
        boundaries={name: boundaries[name, column.buckets] for name, column in columns.items() if column.is_bucketed},
    )


def scaled(name: str, field: Field, column: NumericColumn, statistics: NumberStatistics) -> tf.Tensor:
    """The numbers of a column that is not bucketed, `[batch]`."""
    values = _imputed(name, field, column, statistics)
    if column.transform == "none":
        return values
    if column.transform == "min_max":
        low, high = statistics.ranges[name]
        return (values - low) / tf.where(high > low, high - low, 1.0)
    if column.transform == "log":
        return standardized(signed_log(values), statistics.of_logs[name])
    return standardized(values, statistics.moments[name])


def standardized(values: tf.Tensor, moments: Moments) -> tf.Tensor:
    """Values `[batch]` in deviations from the mean; 0 where there is none, that is NaN."""
    return tf.where(tf.math.is_nan(values), 0.0, (values - moments.location) / moments.scale)


def bucketed(name: str, field: Field, column: NumericColumn, statistics: NumberStatistics) -> tf.Tensor:
    """`[batch, bucket]`, by buckets between quantiles of the train split."""
    values, boundaries = _imputed(name, field, column, statistics), statistics.boundaries[name]
    if column.transform == "quantiles":
        # None of a missing number, which has a flag of its own.
        return tf.one_hot(tf.where(field.is_there, bucket(values, boundaries), -1), column.buckets)
    low, high = statistics.ranges[name]
    return piecewise_linear(values, tf.concat([[low], boundaries, [high]], axis=0))


def bucket(values: tf.Tensor, boundaries: tf.Tensor) -> tf.Tensor:
    """The bucket that each value is in, `[batch]` int32: a boundary belongs to the one above it."""
    return tf.reduce_sum(tf.cast(values[:, None] >= boundaries, tf.int32), axis=1)


def piecewise_linear(values: tf.Tensor, edges: tf.Tensor) -> tf.Tensor:
    """How far each bucket is filled: 1 below the one around the value, 0 above. The first goes on below and the last
    above; one without width, between equal edges, is 0.

    Source: Gorishniy, Rubachev, Babenko, "On Embeddings for Numerical Features in Tabular Deep Learning", NeurIPS 2022,
    section 3.2, equation 1.

    Args:
      values: `[batch]`.
      edges: `[bucket + 1]`, rising.
    """
    filled = tf.math.divide_no_nan(values[:, None] - edges[:-1], edges[1:] - edges[:-1])
    first = tf.minimum(filled[:, :1], 1.0)
    last = tf.maximum(filled[:, -1:], 0.0)
    return tf.concat([first, tf.clip_by_value(filled[:, 1:-1], 0.0, 1.0), last], axis=1)


def signed_log(values: tf.Tensor) -> tf.Tensor:
    """log(1 + |x|) with the sign of x."""
    return tf.sign(values) * tf.math.log1p(tf.abs(values))


def _imputed(name: str, field: Field, column: NumericColumn, statistics: NumberStatistics) -> tf.Tensor:
    """All values `[batch]`, with something in place of missing ones."""
    if not column.may_be_missing:
        return field.values
    instead = statistics.moments[name].location if column.impute == "mean" else statistics.medians[name]
    return tf.where(field.is_there, field.values, instead)
