"""Random crops, each image its own."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="slipway")
class RandomPaddedCrop(keras.layers.Layer):
    """Pads images with zeros and cuts a window of their own size out of each; Keras's RandomCrop cuts all alike.

    Source: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, section 4.2.
    """

    def __init__(self, padding: int, *, seed: int | None = None, **kwargs: Any) -> None:
        """Args:
        padding: pixels on each side; the largest shift either way.
        seed: of the shifts; None draws one.
        """
        super().__init__(**kwargs)
        self.padding = padding
        self.seed = seed
        self._generator = keras.random.SeedGenerator(seed)

    def call(self, images: Any, training: bool = False) -> Any:
        """`images`: `[batch, height, width, channel]`."""
        if not training:
            return images
        batch, height, width, _ = ops.shape(images)
        margin = [self.padding, self.padding]
        padded = ops.pad(images, [[0, 0], margin, margin, [0, 0]])
        shifts = keras.random.randint((batch, 2), 0, 2 * self.padding + 1, seed=self._generator)
        rows = shifts[:, :1] + ops.arange(height)
        columns = shifts[:, 1:] + ops.arange(width)
        return tf.gather(tf.gather(padded, rows, axis=1, batch_dims=1), columns, axis=2, batch_dims=1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "padding": self.padding, "seed": self.seed}
