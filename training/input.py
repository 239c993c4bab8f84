"""From tf.Example files to batches."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

logger = logging.getLogger("slipway.training")

# Serialized examples up to this much in all are kept in memory after the first pass.
CACHE_BYTES = 2 * 1024**3
# gzip shrinks examples; what they take in memory is not known before they are read.
GZIP_GROWTH = 4
# Examples among which the next one is drawn.
SHUFFLE_EXAMPLES = 16_384
# Files read side by side.
PARALLEL_FILES = 4
# Apart enough that no two epochs of two seeds in use meet.
SEED_STRIDE = 1_000_003


def read_examples(
    files: Sequence[str],
    *,
    feature_spec: Mapping[str, Any],
    batch_size: int,
    to_batch: Callable[[dict[str, tf.Tensor]], Any],
    cache_bytes: int = CACHE_BYTES,
) -> tf.data.Dataset:
    """Batches of the gzipped tf.Example files that Transform writes, once, in their order; the last as it comes.

    Args:
      files: paths or patterns.
      feature_spec: parsing spec of the features, for `tf.io.parse_example`.
      batch_size: examples in a batch.
      to_batch: maps the parsed features `{name: [batch, ...]}` to what the objective takes.
      cache_bytes: examples that take no more than this are kept in memory.
    """
    return _parsed(_serialized(files, cache_bytes).batch(batch_size), feature_spec, to_batch)


def read_shuffled_examples(
    files: Sequence[str],
    *,
    feature_spec: Mapping[str, Any],
    batch_size: int,
    to_batch: Callable[[dict[str, tf.Tensor]], Any],
    seed: int,
    steps_per_epoch: int,
    cache_bytes: int = CACHE_BYTES,
) -> Callable[[int], tf.data.Dataset]:
    """Endless batches of the same files, all of `batch_size`, in another order each epoch.

    An epoch's order depends on the seed and its number alone, so that a reader can start at any step: it reads no
    earlier epoch, and of its own it parses nothing that it skips.

    Args:
      seed: seed of the order; the arguments before it are those of `read_examples`.
      steps_per_epoch: number of batches in an epoch, `examples // batch_size`.

    Returns:
      A function from the number of batches seen to the dataset of those that follow.
    """
    examples = _serialized(files, cache_bytes)

    def after(step: int) -> tf.data.Dataset:
        first_epoch, seen = divmod(step, steps_per_epoch)

        def batches_of(epoch: tf.Tensor) -> tf.data.Dataset:
            # Of this function's graph only: the process's own would make the order depend on it, and at 0 fail.
            tf.random.set_seed(1)
            shuffled = examples.shuffle(
                SHUFFLE_EXAMPLES, seed=seed * SEED_STRIDE + epoch, reshuffle_each_iteration=False
            )
            skipped = tf.where(epoch == first_epoch, tf.constant(seen * batch_size, tf.int64), 0)
            return shuffled.skip(skipped).batch(batch_size, drop_remainder=True)

        epochs = tf.data.Dataset.range(first_epoch, tf.int64.max)
        return _parsed(epochs.flat_map(batches_of), feature_spec, to_batch)

    return after


def _serialized(files: Sequence[str], cache_bytes: int) -> tf.data.Dataset:
    paths = sorted(path for pattern in files for path in tf.io.gfile.glob(pattern))
    examples = tf.data.Dataset.from_tensor_slices(paths).interleave(
        lambda path: tf.data.TFRecordDataset(path, compression_type="GZIP"),
        cycle_length=PARALLEL_FILES,
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    needed = sum(tf.io.gfile.stat(path).length for path in paths) * GZIP_GROWTH
    if needed > cache_bytes:
        logger.info("%d bytes of examples are read anew in each epoch: more than %d", needed, cache_bytes)
        return examples
    return examples.cache()


def _parsed(
    batches: tf.data.Dataset, feature_spec: Mapping[str, Any], to_batch: Callable[[dict[str, tf.Tensor]], Any]
) -> tf.data.Dataset:
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
