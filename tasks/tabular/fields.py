"""What a row holds in a column, as Transform reads it."""

from typing import NamedTuple

import tensorflow as tf


class Field(NamedTuple):
    """The values of a column, `[batch]`, and whether each is there."""

    values: tf.Tensor
    is_there: tf.Tensor


def read_field(column: tf.Tensor | tf.SparseTensor, absent: tf.Tensor) -> Field:
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


def as_flag(flag: tf.Tensor) -> tf.Tensor:
    """`[batch]` to `[batch, 1]` float32, 1 where it is true."""
    return tf.cast(flag, tf.float32)[:, None]
