"""Batch normalization in one kernel."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="slipway")
class BatchNormalization(keras.layers.BatchNormalization):
    """Keras's layer, computed in training by TensorFlow's fused kernel where that fits.

    Keras composes the training pass from a dozen operations in float32; the kernel makes one pass each way, in the
    compute type. Everything else, statistics included, is as in Keras (Ioffe, Szegedy, "Batch Normalization", ICML
    2015, algorithm 1). Maps `[batch, height, width, channel]` to the same shape; other shapes take Keras's way.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        fits = (
            keras.backend.backend() == "tensorflow"
            and len(inputs.shape) == 4
            and self.axis in (-1, 3)
            and mask is None
            and not self.synchronized
        )
        if not (training and self.trainable and fits):
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        channels = inputs.shape[-1]
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            ops.cast(inputs, self.compute_dtype),
            ops.convert_to_tensor(self.gamma) if self.scale else ops.ones(channels),
            ops.convert_to_tensor(self.beta) if self.center else ops.zeros(channels),
            epsilon=self.epsilon,
            is_training=True,
        )
        # The kernel gives the unbiased variance; Keras keeps the biased one.
        count = ops.cast(ops.size(inputs) // channels, "float32")
        variance = variance * (count - 1) / count
        self.moving_mean.assign(self.moving_mean * self.momentum + mean * (1 - self.momentum))
        self.moving_variance.assign(self.moving_variance * self.momentum + variance * (1 - self.momentum))
        return outputs
