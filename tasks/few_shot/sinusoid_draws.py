"""Episodes drawn from stored sinusoids."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from training.input import read_examples

# Sinusoids parsed at a time.
PARSED = 1024
# Seed of the episodes that the train split is judged on.
JUDGED_SEED = -1


class SinusoidDraws:
    """Draws batches `(episodes, targets)` of stored amplitudes and phases, with new points each time."""

    def __init__(
        self, files: Sequence[str], feature_spec: Mapping[str, Any], *, x: tuple[float, float], shot: int, queries: int
    ) -> None:
        """Args:
        files: paths or patterns of what Transform wrote of the train split.
        feature_spec: parsing spec of the transformed features.
        x: lowest and highest input of a point.
        shot: number of support points.
        queries: number of query points.
        """
        names = ("amplitude", "phase")
        batches = read_examples(
            files,
            feature_spec=feature_spec,
            batch_size=PARSED,
            to_batch=lambda features: {name: tf.sparse.to_dense(features[name])[:, 0] for name in names},
        )
        found = list(batches.as_numpy_iterator())
        self._parameters = {name: tf.constant(np.concatenate([batch[name] for batch in found])) for name in names}
        self._count = len(self._parameters["phase"])
        self._x = x
        self._shot = shot
        self._queries = queries

    def shuffled(self, batch_size: int, *, seed: int) -> Callable[[int], tf.data.Dataset]:
        """A function from steps done to the batches that follow, without end; sinusoids are drawn with replacement."""

        def batch(step: tf.Tensor) -> Any:
            chosen = tf.random.stateless_uniform([batch_size], tf.stack([seed, step]), 0, self._count, tf.int32)
            return self._draw(chosen, tf.stack([seed + 1_000_003, step]))

        return lambda step: tf.data.Dataset.range(step, tf.int64.max).map(batch).prefetch(tf.data.AUTOTUNE)

    def once(self, batch_size: int) -> tf.data.Dataset:
        """All sinusoids once, in their order, with the same points each time."""

        def batch(start: tf.Tensor) -> Any:
            chosen = tf.range(start, tf.minimum(start + batch_size, self._count))
            return self._draw(chosen, tf.stack([tf.constant(JUDGED_SEED, tf.int64), start]))

        return tf.data.Dataset.range(0, self._count, batch_size).map(batch)

    def _draw(self, chosen: tf.Tensor, seed: tf.Tensor) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
        amplitude, phase = (tf.gather(values, chosen)[:, None, None] for values in self._parameters.values())
        count = tf.shape(chosen)[0]
        shape = [count, self._shot + self._queries, 1]
        x = tf.ensure_shape(tf.random.stateless_uniform(shape, seed, *self._x), [None, self._shot + self._queries, 1])
        y = amplitude * tf.sin(x - phase)
        episodes = {
            "support_x": x[:, : self._shot],
            "support_y": y[:, : self._shot],
            "support_weight": tf.ones([count, self._shot]),
            "query_x": x[:, self._shot :],
        }
        return episodes, {"query_y": y[:, self._shot :], "query_weight": tf.ones([count, self._queries])}
