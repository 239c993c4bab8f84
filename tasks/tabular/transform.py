"""What Transform makes of rows; its graph is exported with the model."""

from collections.abc import Mapping

import tensorflow as tf
import tensorflow_transform as tft

from data.tables.examples import LABEL
from models.tabular.shape import CATEGORIES, FLAGS, NUMBERS
from tasks.tabular.columns import CategoricalColumn, NumericColumn, TableColumns
from tasks.tabular.fields import Field, as_flag, read_field
from tasks.tabular.numbers import bucketed, fit_numbers, scaled

Inputs = Mapping[str, tf.Tensor | tf.SparseTensor]


def transform_rows(inputs: Inputs, columns: TableColumns, *, is_regression: bool) -> dict[str, tf.Tensor]:
    """Transformed features: the inputs of a model, see `models.tabular.shape.TableShape`, and the label.

    Of a regression also `location` and `scale`, `[batch, 1]`: mean and deviation of the train split's labels.
    """
    numbers, flags, categories = [], [], []
    label = tf.reshape(inputs[LABEL], [-1])
    fields = {name: _number(inputs[name], numeric) for name, numeric in columns.numeric.items()}
    statistics = fit_numbers(fields, columns.numeric, {LABEL: label} if is_regression else {})
    for name, numeric in columns.numeric.items():
        field = fields[name]
        if numeric.is_bucketed:
            flags.append(bucketed(name, field, numeric, statistics))
        else:
            numbers.append(scaled(name, field, numeric, statistics)[:, None])
        if numeric.may_be_missing:
            flags.append(as_flag(~field.is_there))
    for name, boolean in columns.boolean.items():
        field = read_field(inputs[name], tf.constant(0, tf.int64))
        flags.append(as_flag((field.values != 0) & field.is_there))
        if boolean.may_be_missing:
            flags.append(as_flag(~field.is_there))
    offset = 0
    for name, categorical in columns.categorical.items():
        place = _place(read_field(inputs[name], tf.constant("")), categorical)
        if categorical.is_embedded:
            categories.append(place[:, None] + offset)
            offset += categorical.places
        else:
            flags.append(tf.one_hot(place, categorical.places))
    parts = {NUMBERS: numbers, FLAGS: flags, CATEGORIES: categories}
    features = {name: tf.concat(tensors, axis=1) for name, tensors in parts.items() if tensors}
    features[LABEL] = label
    if is_regression:
        whole, moments = tf.zeros_like(label)[:, None], statistics.moments[LABEL]
        features |= {"location": whole + moments.location, "scale": whole + moments.scale}
    return features


def _number(column: tf.Tensor | tf.SparseTensor, options: NumericColumn) -> Field:
    field = read_field(column, tf.constant(0.0))
    return Field(field.values, field.is_there & ~tf.math.is_nan(field.values)) if options.may_be_missing else field


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
