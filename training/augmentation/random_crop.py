"""Random crops, each image its own."""

from typing import Any, Literal

import keras
import tensorflow as tf
from keras import ops

FillMode = Literal["constant", "nearest", "reflect"]


@keras.saving.register_keras_serializable(package="slipway")
class RandomPaddedCrop(keras.layers.Layer):
    """Pads images and cuts a window of their own size out of each; Keras's RandomCrop cuts all alike.

    Source: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, section 4.2.
    """

    def __init__(
        self, padding: int, *, fill_mode: FillMode = "constant", seed: int | None = None, **kwargs: Any
    ) -> None:
        """Args:
        padding: pixels on each side; the largest shift either way.
        fill_mode: what they are: zeros, the nearest pixels of the image, or the image mirrored at its edge.
        seed: of the shifts; None draws one.
        """
        super().__init__(**kwargs)
        self.padding = padding
        self.fill_mode = fill_mode
        self.seed = seed
        self._generator = keras.random.SeedGenerator(seed)

    def call(self, images: Any, training: bool = False) -> Any:
        """`images`: `[batch, height, width, channel]`."""
        if not training:
            return images
        batch, height, width, _ = ops.shape(images)
        shifts = keras.random.randint((batch, 2), -self.padding, self.padding + 1, seed=self._generator)
        rows = shifts[:, :1] + ops.arange(height)
        columns = shifts[:, 1:] + ops.arange(width)
        if self.fill_mode == "constant":
            margin = [self.padding, self.padding]
            images = ops.pad(images, [[0, 0], margin, margin, [0, 0]])
            rows, columns = rows + self.padding, columns + self.padding
        else:
            rows, columns = self._inside(rows, height), self._inside(columns, width)
        return tf.gather(tf.gather(images, rows, axis=1, batch_dims=1), columns, axis=2, batch_dims=1)

    def _inside(self, places: Any, size: int) -> Any:
        """Where in the image the pixels beyond its edges are taken from."""
        if self.fill_mode == "reflect":
            places = ops.where(places < 0, -places - 1, ops.where(places >= size, 2 * size - 1 - places, places))
        return ops.clip(places, 0, size - 1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "padding": self.padding, "fill_mode": self.fill_mode, "seed": self.seed}
