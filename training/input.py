"""From tf.Example files to batches."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf


def read_examples(
    files: Sequence[str],
    *,
    feature_spec: Mapping[str, Any],
    batch_size: int,
    to_batch: Callable[[dict[str, tf.Tensor]], Any],
    shuffle_seed: int | None = None,
) -> tf.data.Dataset:
    """Batches of the gzipped tf.Example files that Transform writes.

    Args:
      files: paths or patterns.
      feature_spec: of `tf.io.parse_example`.
      batch_size: examples in a batch.
      to_batch: maps the parsed features `{name: [batch, ...]}` to what the objective takes.
      shuffle_seed: given, the dataset repeats without end, in another order each time, in whole batches;
        None reads the files once in order, the last batch as small as it comes.
    """
    paths = sorted(path for pattern in files for path in tf.io.gfile.glob(pattern))
    examples = tf.data.TFRecordDataset(paths, compression_type="GZIP", num_parallel_reads=None).cache()
    if shuffle_seed is not None:
        examples = examples.shuffle(16_384, seed=shuffle_seed, reshuffle_each_iteration=True).repeat()
    batches = examples.batch(batch_size, drop_remainder=shuffle_seed is not None, num_parallel_calls=tf.data.AUTOTUNE)
    return batches.map(
        lambda serialized: to_batch(tf.io.parse_example(serialized, dict(feature_spec))),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    ).prefetch(tf.data.AUTOTUNE)


def count_examples(files: Sequence[str]) -> int:
    """How many examples the gzipped files hold, by reading them through once."""
    paths = sorted(path for pattern in files for path in tf.io.gfile.glob(pattern))
    records = tf.data.TFRecordDataset(paths, compression_type="GZIP")
    return int(records.batch(4096).reduce(0, lambda count, batch: count + tf.shape(batch)[0]))
