"""Transformed features of episodes: which examples are episodes, and their values as dense tensors."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from training.input import read_examples


def hold_episodes(files: Sequence[str], feature_spec: Mapping[str, Any]) -> bool:
    """Whether files hold fixed episodes, as in the splits that models are judged on, or what to draw episodes from.

    Args:
      files: paths or patterns of what Transform wrote of one split.
      feature_spec: parsing spec of the transformed features.
    """
    batches = read_examples(
        files, feature_spec=feature_spec, batch_size=1, to_batch=lambda features: features["shot"].values
    )
    return any(bool(tf.reduce_any(shots > 0)) for shots in batches.take(1))


def pad(feature: tf.SparseTensor, size: int) -> tf.Tensor:
    """The values of a feature, `[episode, size]`; where an episode has fewer, zeros or empty strings follow."""
    batch = feature.dense_shape[0]
    dense = tf.sparse.to_dense(tf.sparse.reset_shape(feature, tf.stack([batch, size])))
    return tf.ensure_shape(dense, [None, size])


def mark_present(feature: tf.SparseTensor, size: int) -> tf.Tensor:
    """1 for each value that an episode has and 0 for padding, `[episode, size]`."""
    ones = tf.ones(tf.shape(feature.values), tf.float32)
    return pad(tf.SparseTensor(feature.indices, ones, feature.dense_shape), size)


def decode_images(encoded: tf.Tensor, shape: tuple[int, int, int]) -> tf.Tensor:
    """Pixels from 0 to 1, `[..., height, width, channel]`; zeros for empty strings.

    Args:
      encoded: encoded images `[...]`, in any format that TensorFlow decodes.
      shape: (height, width, channels) to resize to.
    """
    height, width, channels = shape

    def pixels(one: tf.Tensor) -> tf.Tensor:
        image = tf.io.decode_image(one, channels=channels, expand_animations=False)
        image.set_shape([None, None, channels])
        return tf.image.resize(tf.cast(image, tf.float32), [height, width], antialias=True) / 255.0

    def or_zeros(one: tf.Tensor) -> tf.Tensor:
        return tf.cond(tf.strings.length(one) > 0, lambda: pixels(one), lambda: tf.zeros(shape))

    found = tf.map_fn(or_zeros, tf.reshape(encoded, [-1]), fn_output_signature=tf.TensorSpec(shape, tf.float32))
    return tf.reshape(found, tf.concat([tf.shape(encoded), shape], axis=0))
