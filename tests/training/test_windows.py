import numpy as np
import pytest
import tensorflow as tf

from training.windows import Windows

ROWS = {"values": np.arange(20)[:, None]}


def _windows(starts) -> Windows:
    return Windows(ROWS, np.asarray(starts), length=3, to_batch=lambda rows: rows["values"][..., 0])


def _taken(dataset: tf.data.Dataset, count: int) -> list[list[int]]:
    return [batch.numpy()[:, 0].tolist() for batch in dataset.take(count)]


def test_windows_come_in_their_order_once():
    batches = [batch.numpy().tolist() for batch in _windows([4, 0, 17]).batches(2)]
    assert batches == [[[4, 5, 6], [0, 1, 2]], [[17, 18, 19]]]


def test_an_epoch_holds_every_window_once_in_an_order_of_its_own():
    epochs = _taken(_windows(range(12)).shuffled(4, seed=1, steps_per_epoch=3)(0), 6)
    first, second = np.ravel(epochs[:3]).tolist(), np.ravel(epochs[3:]).tolist()
    assert sorted(first) == sorted(second) == list(range(12))
    assert first != second


def test_a_reader_that_starts_later_reads_the_same():
    after = _windows(range(12)).shuffled(5, seed=1, steps_per_epoch=2)
    assert _taken(after(3), 3) == _taken(after(0), 6)[3:]


@pytest.mark.parametrize("starts", [[], [18], [-1]])
def test_windows_lie_within_the_rows(starts):
    with pytest.raises(ValueError, match=r"must lie within the rows. Received: \d windows of 3 rows, 20 rows"):
        _windows(starts)
