"""Places of values among others: of a vocabulary, of hashes, and of several columns together."""

from collections.abc import Mapping

import tensorflow as tf
import tensorflow_transform as tft

from tasks.tabular.columns import CrossColumn, MultivalentColumn, TableColumns, VocabularyColumn
from tasks.tabular.fields import Field
from tasks.tabular.numbers import NumberStatistics, bucket

# Between the values of a cross, which no text should hold, and what stands for a missing one.
SEPARATOR, MISSING = "\x1f", "\x1e"


def place(field: Field, column: VocabularyColumn) -> tf.Tensor:
    """`[batch]` int64: 0 of a missing value, and of one that the vocabulary lacks and that no bucket is for."""
    return tf.where(field.is_there, _number(field.values, column) + 1, 0)


def bag(texts: tf.SparseTensor, column: MultivalentColumn) -> tf.Tensor:
    """`[batch, place]`: 1 at the place of each value that a row has, or its share of them."""
    numbers = _number(texts, column)
    count = tf.cast(numbers.dense_shape[0], tf.int32)
    rows = tf.cast(numbers.indices[:, 0], tf.int32)
    values = tf.stack([rows, tf.cast(numbers.values, tf.int32) + 1], axis=1)
    times = tf.scatter_nd(values, tf.ones_like(rows, tf.float32), tf.stack([count, column.places]))
    if column.encoding == "multi_hot":
        return tf.minimum(times, 1.0)
    return tf.math.divide_no_nan(times, tf.reduce_sum(times, axis=1, keepdims=True))


def crossed(
    cross: CrossColumn, columns: TableColumns, fields: Mapping[str, Field], statistics: NumberStatistics
) -> tf.Tensor:
    """`[batch]` int64: the hash of the values that a row has in all columns of the cross."""
    return tft.hash_strings(
        tf.strings.join([_text(name, columns, fields[name], statistics) for name in cross.of], SEPARATOR), cross.size
    )


def _text(name: str, columns: TableColumns, field: Field, statistics: NumberStatistics) -> tf.Tensor:
    if name in columns.categorical:
        text = field.values
    elif name in columns.boolean:
        text = tf.as_string(tf.cast(field.values != 0, tf.int32))
    else:
        text = tf.as_string(bucket(field.values, statistics.boundaries[name]))
    return tf.where(field.is_there, text, MISSING)


def _number(values: tf.Tensor | tf.SparseTensor, column: VocabularyColumn) -> tf.Tensor | tf.SparseTensor:
    if column.ids == "hash":
        return tft.hash_strings(values, column.size)
    return tft.compute_and_apply_vocabulary(
        values,
        top_k=column.size,
        frequency_threshold=column.frequency_threshold,
        num_oov_buckets=column.oov_buckets,
    )
