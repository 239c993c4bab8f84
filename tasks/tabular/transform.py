"""What Transform makes of rows; its graph is exported with the model."""

from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf
import tensorflow_transform as tft

from data.tables.examples import LABEL
from models.tabular.shape import CATEGORIES, FLAGS, NUMBERS
from tasks.tabular.columns import CategoricalColumn, NumericColumn, TableColumns

Inputs = Mapping[str, tf.Tensor | tf.SparseTensor]
# Rows by which a quantile may be off, as a share of all.
QUANTILE_ERROR = 0.001


class Field(NamedTuple):
    """The values of a column, `[batch]`, and whether each is there."""

    values: tf.Tensor
    is_there: tf.Tensor


def transform_rows(inputs: Inputs, columns: TableColumns, *, is_regression: bool) -> dict[str, tf.Tensor]:
    """Transformed features: the inputs of a model, see `models.tabular.shape.TableShape`, and the label.

    Of a regression also `location` and `scale`, `[batch, 1]`: mean and deviation of the train split's labels.
    """
    numbers, flags, categories = [], [], []
    for name, numeric in columns.numeric.items():
        field = _field(inputs[name], tf.constant(0.0))
        field = Field(field.values, field.is_there & ~tf.math.is_nan(field.values)) if numeric.may_be_missing else field
        if numeric.is_bucketed:
            flags.append(_bucketed(field, numeric))
        else:
            numbers.append(_scaled(field, numeric)[:, None])
        if numeric.may_be_missing:
            flags.append(_as_flag(~field.is_there))
    for name, boolean in columns.boolean.items():
        field = _field(inputs[name], tf.constant(0, tf.int64))
        flags.append(_as_flag((field.values != 0) & field.is_there))
        if boolean.may_be_missing:
            flags.append(_as_flag(~field.is_there))
    offset = 0
    for name, categorical in columns.categorical.items():
        place = _place(_field(inputs[name], tf.constant("")), categorical)
        if categorical.is_embedded:
            categories.append(place[:, None] + offset)
            offset += categorical.places
        else:
            flags.append(tf.one_hot(place, categorical.places))
    parts = {NUMBERS: numbers, FLAGS: flags, CATEGORIES: categories}
    features = {name: tf.concat(tensors, axis=1) for name, tensors in parts.items() if tensors}
    return {**features, **_label(tf.reshape(inputs[LABEL], [-1]), is_regression)}


def _label(label: tf.Tensor, is_regression: bool) -> dict[str, tf.Tensor]:
    if not is_regression:
        return {LABEL: label}
    location, scale = _location_and_scale(label)
    whole = tf.zeros_like(label)[:, None]
    return {LABEL: label, "location": whole + location, "scale": whole + scale}


def _field(column: tf.Tensor | tf.SparseTensor, absent: tf.Tensor) -> Field:
    """The first value of each row, as a client may send several; `absent` where there is none."""
    if not isinstance(column, tf.SparseTensor):
        values = tf.reshape(column, [-1])
        return Field(values, tf.ones_like(values, tf.bool))
    first = tf.sparse.retain(column, tf.equal(column.indices[:, 1], 0))
    shape = tf.stack([column.dense_shape[0], 1])
    values = tf.sparse.to_dense(tf.SparseTensor(first.indices, first.values, shape), absent)
    ones = tf.ones_like(first.indices[:, 0], tf.int32)
    is_there = tf.sparse.to_dense(tf.SparseTensor(first.indices, ones, shape)) == 1
    return Field(tf.reshape(values, [-1]), tf.reshape(is_there, [-1]))


def _as_flag(flag: tf.Tensor) -> tf.Tensor:
    return tf.cast(flag, tf.float32)[:, None]


def _scaled(field: Field, column: NumericColumn) -> tf.Tensor:
    values, known = _imputed(field, column)
    if column.transform == "none":
        return values
    if column.transform == "min_max":
        low, high = tft.min(known), tft.max(known)
        return (values - low) / tf.where(high > low, high - low, 1.0)
    if column.transform == "log":
        values, known = _signed_log(values), _signed_log(known)
    location, scale = _location_and_scale(known)
    return (values - location) / scale


def _imputed(field: Field, column: NumericColumn) -> tuple[tf.Tensor, tf.Tensor]:
    """All values `[batch]` with something in place of missing ones, and those that are there, `[value]`."""
    if not column.may_be_missing:
        return field.values, field.values
    known = tf.boolean_mask(field.values, field.is_there)
    if column.impute == "mean":
        instead = tf.cast(tft.mean(tf.cast(known, tf.float64)), tf.float32)
    else:
        instead = tft.quantiles(known, num_buckets=2, epsilon=QUANTILE_ERROR)[0, 0]
    return tf.where(field.is_there, field.values, instead), known


def _signed_log(values: tf.Tensor) -> tf.Tensor:
    return tf.sign(values) * tf.math.log1p(tf.abs(values))


def _location_and_scale(values: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Mean and standard deviation over the train split, in float64: the squares of numbers far from zero would cancel.
    A deviation of zero is taken for one."""
    exact = tf.cast(values, tf.float64)
    location, variance = tft.mean(exact), tft.var(exact)
    scale = tf.where(variance > 0, tf.sqrt(variance), 1.0)
    return tf.cast(location, tf.float32), tf.cast(scale, tf.float32)


def _bucketed(field: Field, column: NumericColumn) -> tf.Tensor:
    """`[batch, bucket]`, by buckets between quantiles of the train split."""
    values, known = _imputed(field, column)
    boundaries = tft.quantiles(known, num_buckets=column.buckets, epsilon=QUANTILE_ERROR / column.buckets)
    if column.transform == "quantiles":
        bucket = tf.reduce_sum(tf.cast(values[:, None] >= boundaries, tf.int32), axis=1)
        # None of a missing number, which has a flag of its own.
        return tf.one_hot(tf.where(field.is_there, bucket, -1), column.buckets)
    edges = tf.concat([[tft.min(known)], boundaries[0], [tft.max(known)]], axis=0)
    return piecewise_linear(values, edges)


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


def _place(field: Field, column: CategoricalColumn) -> tf.Tensor:
    """`[batch]` int64: 0 of a missing value, and of one that the vocabulary lacks and that no bucket is for."""
    if column.ids == "hash":
        place = tft.hash_strings(field.values, column.size)
    else:
        place = tft.compute_and_apply_vocabulary(
            field.values,
            top_k=column.size,
            frequency_threshold=column.frequency_threshold,
            num_oov_buckets=column.oov_buckets,
        )
    return tf.where(field.is_there, place + 1, 0)
