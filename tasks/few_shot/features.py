"""Features of episodes, which hold as many values as the episode has examples, as dense tensors."""

import tensorflow as tf


def padded(feature: tf.SparseTensor, size: int) -> tf.Tensor:
    """`[episode, size]`; where an episode has fewer values, zeros or empty strings."""
    batch = feature.dense_shape[0]
    dense = tf.sparse.to_dense(tf.sparse.reset_shape(feature, tf.stack([batch, size])))
    return tf.ensure_shape(dense, [None, size])


def presence(feature: tf.SparseTensor, size: int) -> tf.Tensor:
    """`[episode, size]`: 1 for values that an episode has, 0 for padding."""
    ones = tf.ones(tf.shape(feature.values), tf.float32)
    return padded(tf.SparseTensor(feature.indices, ones, feature.dense_shape), size)


def images(encoded: tf.Tensor, shape: tuple[int, int, int]) -> tf.Tensor:
    """Encoded images `[...]` as pixels from 0 to 1, `[..., height, width, channel]`; zeros for empty strings."""
    height, width, channels = shape

    def pixels(one: tf.Tensor) -> tf.Tensor:
        image = tf.io.decode_image(one, channels=channels, expand_animations=False)
        image.set_shape([None, None, channels])
        return tf.image.resize(tf.cast(image, tf.float32), [height, width], antialias=True) / 255.0

    def or_zeros(one: tf.Tensor) -> tf.Tensor:
        return tf.cond(tf.strings.length(one) > 0, lambda: pixels(one), lambda: tf.zeros(shape))

    found = tf.map_fn(or_zeros, tf.reshape(encoded, [-1]), fn_output_signature=tf.TensorSpec(shape, tf.float32))
    return tf.reshape(found, tf.concat([tf.shape(encoded), shape], axis=0))
