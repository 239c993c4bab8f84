"""CutMix whose labels are the shares of pixels."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="slipway")
class CutMix(keras.layers.Layer):
    """Pastes a rectangle of another image of the batch into each, and mixes the labels by its pixels.

    In place of Keras's, whose labels take the rectangle's area before it is cut to pixels (on images of 8x8, off by
    0.05 on average) and whose alpha may not exceed one.
    Source: Yun et al., "CutMix", ICCV 2019, section 3.1, equations 1 and 2; one rectangle an example.
    """

    def __init__(self, *, alpha: float, seed: int | None = None, dtype: Any = "float32", **kwargs: Any) -> None:
        """Raises ValueError when `alpha`, of the beta distribution of what stays, is not above zero."""
        super().__init__(dtype=dtype, **kwargs)
        if alpha <= 0:
            raise ValueError(f"alpha must be above 0. Received: {alpha}. Leave the layer out to mix nothing.")
        self.alpha = alpha
        self.seed = seed
        self._random = keras.random.SeedGenerator(seed)

    def call(self, batch: Mapping[str, Any], training: bool = False) -> Mapping[str, Any]:
        """`images`: `[batch, height, width, channel]` and `labels`: `[batch, class]`, mixed as in Keras's MixUp."""
        if not training:
            return batch
        images, labels = batch["images"], batch["labels"]
        count, height, width, _ = ops.shape(images)
        kept = keras.random.beta((count, 1), self.alpha, self.alpha, seed=self._random)
        side = ops.sqrt(1 - kept)
        rows, columns = self._within(height, side), self._within(width, side)
        pasted = ops.cast(ops.logical_and(rows[:, :, None], columns[:, None, :]), images.dtype)[..., None]
        share = ops.mean(pasted, axis=(1, 2))
        order = keras.random.shuffle(ops.arange(count), seed=self._random)
        return {
            "images": ops.where(pasted > 0, ops.take(images, order, axis=0), images),
            "labels": labels * (1 - share) + ops.take(labels, order, axis=0) * share,
        }

    def _within(self, size: Any, side: Any) -> Any:
        """`[batch, size]`: whether a pixel's middle lies in the rectangle, which an edge of the image may cut."""
        length = ops.cast(size, "float32")
        center = length * keras.random.uniform(ops.shape(side), seed=self._random)
        middles = ops.cast(ops.arange(size), "float32") + 0.5
        return ops.abs(middles - center) < length * side / 2

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha, "seed": self.seed}
