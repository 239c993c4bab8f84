"""Episodes drawn from stored classes of images."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tasks.few_shot.features import decode_images
from training.input import read_examples

# Classes parsed at a time.
PARSED = 16
# Seed of the episodes that the train split is judged on.
JUDGED_SEED = -1
ROTATIONS = 4


def read_classes(
    files: Sequence[str], feature_spec: Mapping[str, Any], *, image_shape: tuple[int, int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Returns (images of all classes, class after class, `[image, height, width, channel]`, as bytes; number of images
    of each class, `[class]`).

    Args:
      files: paths or patterns of what Transform wrote of the train split.
      feature_spec: parsing spec of the transformed features.
      image_shape: (height, width, channels) to resize to.
    """

    def parse_classes(features: dict[str, tf.Tensor]) -> Any:
        encoded = features["images"]
        is_there = tf.strings.length(encoded.values) > 0
        pixels = decode_images(tf.boolean_mask(encoded.values, is_there), image_shape)
        return tf.cast(tf.round(pixels * 255), tf.uint8), tf.boolean_mask(encoded.indices[:, 0], is_there)

    batches = read_examples(files, feature_spec=feature_spec, batch_size=PARSED, to_batch=parse_classes)
    found, owners = [], []
    for number, (pixels, rows) in enumerate(batches.as_numpy_iterator()):
        found.append(pixels)
        owners.append(number * PARSED + rows)
    return np.concatenate(found), np.bincount(np.concatenate(owners))


class ImageDraws:
    """Draws batches `(episodes, targets)` of classes, all of whose images it keeps in memory, as bytes.

    Attributes:
      classes: number of classes, turned ones included.
    """

    def __init__(
        self, pixels: np.ndarray, counts: np.ndarray, *, way: int, shot: int, queries: int, is_rotated: bool
    ) -> None:
        """Args:
        pixels: images of all classes, as `read_classes` returns them.
        counts: number of images of each class, as `read_classes` returns them.
        way: number of classes in an episode.
        shot: support images of each class.
        queries: query images of each class.
        is_rotated: whether each class turned by 90, 180 and 270 degrees is a class more (Santoro et al., ICML 2016).
        """
        if is_rotated:
            pixels = np.concatenate([np.rot90(pixels, turns, axes=(1, 2)) for turns in range(ROTATIONS)])
            counts = np.tile(counts, ROTATIONS)
        self.classes = len(counts)
        self._pixels = tf.constant(pixels)
        self._counts = tf.constant(counts, tf.int32)
        self._starts = tf.constant(np.cumsum(counts) - counts, tf.int32)
        self._most = int(counts.max())
        self._way, self._shot, self._queries = way, shot, queries

    def shuffled(self, batch_size: int, *, seed: int) -> Callable[[int], tf.data.Dataset]:
        """A function from steps done to the batches that follow, without end; the same seed gives the same batches."""

        def after(step: int) -> tf.data.Dataset:
            steps = tf.data.Dataset.range(step, tf.int64.max)
            batches = steps.map(lambda step: self._draw(batch_size, tf.stack([seed, step])), tf.data.AUTOTUNE)
            return batches.prefetch(tf.data.AUTOTUNE)

        return after

    def once(self, batch_size: int) -> tf.data.Dataset:
        """A batch for each `batch_size` classes, the same ones each time."""
        steps = tf.data.Dataset.range(0, len(self._counts), batch_size)
        return steps.map(lambda step: self._draw(batch_size, tf.stack([tf.constant(JUDGED_SEED, tf.int64), step])))

    def _draw(self, episodes: int, seed: tf.Tensor) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
        way, shot, each = self._way, self._shot, self._shot + self._queries
        ranks = tf.random.stateless_uniform([episodes, len(self._counts)], seed)
        classes = tf.math.top_k(ranks, way).indices
        # Of each class as many places as it has images, in random order.
        order = tf.random.stateless_uniform([episodes, way, self._most], seed + 1_000_003)
        is_there = tf.range(self._most) < tf.gather(self._counts, classes)[..., None]
        places = tf.math.top_k(tf.where(is_there, order, -1.0), each).indices
        chosen = tf.gather(self._pixels, tf.gather(self._starts, classes)[..., None] + places)
        pixels = tf.cast(chosen, tf.float32) / 255.0
        example = self._pixels.shape[1:]
        labels = tf.tile(tf.range(way)[None, :, None], [episodes, 1, each])
        support = {
            "support_x": tf.reshape(pixels[:, :, :shot], [episodes, way * shot, *example]),
            "support_y": tf.reshape(labels[:, :, :shot], [episodes, way * shot]),
            "support_weight": tf.ones([episodes, way * shot]),
        }
        count = way * self._queries
        query_y = tf.reshape(labels[:, :, shot:], [episodes, count])
        query_x = tf.reshape(pixels[:, :, shot:], [episodes, count, *example])
        targets = {
            "query_y": query_y,
            "query_weight": tf.ones([episodes, count]),
            "query_class": tf.repeat(classes, self._queries, axis=1),
        }
        return {**support, "query_x": query_x}, targets
