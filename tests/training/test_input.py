import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from training.input import count_examples, read_examples, read_shuffled_examples

SPEC = {"n": tf.io.FixedLenFeature([], tf.int64)}
COUNT = 23


@pytest.fixture(scope="module")
def pattern(tmp_path_factory) -> str:
    """The numbers below `COUNT` in three files."""
    folder = tmp_path_factory.mktemp("examples")
    for shard in range(3):
        with tf.io.TFRecordWriter(str(folder / f"examples-{shard}.gz"), options="GZIP") as writer:
            for n in range(shard, COUNT, 3):
                feature = tf.train.Feature(int64_list=tf.train.Int64List(value=[n]))
                example = tf.train.Example(features=tf.train.Features(feature={"n": feature}))
                writer.write(example.SerializeToString())
    return str(folder / "*.gz")


def _shuffled(pattern: str, *, seed: int = 5, **options):
    return read_shuffled_examples(
        [pattern],
        feature_spec=SPEC,
        batch_size=4,
        to_batch=lambda features: features["n"],
        seed=seed,
        steps_per_epoch=COUNT // 4,
        **options,
    )


def _take(after, step: int, count: int) -> list[list[int]]:
    return [batch.numpy().tolist() for batch in after(step).take(count)]


def test_reads_every_example_once_with_the_last_batch_as_it_comes(pattern):
    batches = list(read_examples([pattern], feature_spec=SPEC, batch_size=4, to_batch=lambda features: features["n"]))
    assert [len(batch) for batch in batches] == [4] * 5 + [3]
    assert sorted(np.concatenate(batches)) == list(range(COUNT))
    assert count_examples([pattern]) == COUNT


def test_an_epoch_holds_no_example_twice_and_each_has_its_own_order(pattern):
    batches = _take(_shuffled(pattern), 0, 10)
    first, second = (np.ravel(epoch).tolist() for epoch in (batches[:5], batches[5:]))
    assert len(set(first)) == len(set(second)) == 20
    assert first != second


def test_the_order_is_the_seeds(pattern):
    assert _take(_shuffled(pattern), 0, 10) == _take(_shuffled(pattern), 0, 10)
    assert _take(_shuffled(pattern, seed=6), 0, 10) != _take(_shuffled(pattern), 0, 10)


@pytest.fixture(scope="module")
def from_the_start(pattern) -> list[list[int]]:
    return _take(_shuffled(pattern), 0, 20)


@settings(max_examples=15)
@given(step=st.integers(0, 17), global_seed=st.integers(0, 3))
def test_starts_at_any_step_whatever_the_global_seed(pattern, from_the_start, step, global_seed):
    tf.random.set_seed(global_seed)
    assert _take(_shuffled(pattern), step, 20 - step) == from_the_start[step:]


def test_what_does_not_fit_is_read_anew(pattern):
    assert _take(_shuffled(pattern, cache_bytes=0), 0, 10) == _take(_shuffled(pattern), 0, 10)
