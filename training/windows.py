"""Windows of a fixed length, cut from rows that are kept in memory once."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from training.input import SEED_STRIDE


class Windows:
    """Windows that begin at given rows.

    Attributes:
      starts: `[window]`, the first row of each.
    """

    def __init__(
        self,
        rows: Mapping[str, np.ndarray],
        starts: np.ndarray,
        *,
        length: int,
        to_batch: Callable[[dict[str, tf.Tensor]], Any],
    ) -> None:
        """Args:
        rows: `{name: [row, ...]}`.
        starts: `[window]`.
        length: rows of a window.
        to_batch: maps windows `{name: [batch, row, ...]}` to what the objective takes; runs inside a graph.

        Raises:
          ValueError: a window would reach beyond the rows, or there is none.
        """
        count = min(len(values) for values in rows.values())
        if not len(starts) or starts.min() < 0 or starts.max() + length > count:
            raise ValueError(
                f"Windows must lie within the rows. Received: {len(starts)} windows of {length} rows, {count} rows."
            )
        self.starts = np.asarray(starts, np.int64)
        self._rows = {name: tf.constant(values) for name, values in rows.items()}
        self._length = length
        self._to_batch = to_batch

    def batches(self, batch_size: int) -> tf.data.Dataset:
        """All windows once, in their order; the last batch as it comes."""
        return self._cut(tf.data.Dataset.from_tensor_slices(self.starts).batch(batch_size))

    def shuffled(self, batch_size: int, *, seed: int, steps_per_epoch: int) -> Callable[[int], tf.data.Dataset]:
        """Batches without end, in another order each epoch; see `training.input.read_shuffled_examples`."""
        starts = tf.constant(self.starts)

        def after(step: int) -> tf.data.Dataset:
            first_epoch, seen = divmod(step, steps_per_epoch)

            def batches_of(epoch: tf.Tensor) -> tf.data.Dataset:
                order = tf.random.experimental.stateless_shuffle(starts, seed=[seed * SEED_STRIDE, epoch])
                skipped = tf.where(epoch == first_epoch, tf.constant(seen * batch_size, tf.int64), 0)
                return tf.data.Dataset.from_tensor_slices(order[skipped:]).batch(batch_size, drop_remainder=True)

            return self._cut(tf.data.Dataset.range(first_epoch, tf.int64.max).flat_map(batches_of))

        return after

    def _cut(self, batches: tf.data.Dataset) -> tf.data.Dataset:
        def cut(starts: tf.Tensor) -> Any:
            places = starts[:, None] + tf.range(self._length, dtype=tf.int64)
            return self._to_batch({name: tf.gather(rows, places) for name, rows in self._rows.items()})

        return batches.map(cut, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).prefetch(tf.data.AUTOTUNE)
