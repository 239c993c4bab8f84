import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from training.checkpoints import CheckpointStore
from training.errors import CheckpointDamagedError, CheckpointMismatchError, CheckpointWriteError
from training.snapshot import Snapshot, Snapshots


def _snapshot(value: float = 1.0, *, shape: tuple[int, ...] = (2,), **state) -> Snapshot:
    return Snapshot(tensors={"model": [tf.fill(shape, value)], "step": [tf.constant(3)]}, state=state, is_finite=True)


@pytest.fixture
def store(tmp_path) -> CheckpointStore:
    return CheckpointStore(tmp_path / "checkpoints", keep_last=2, keep_best=1)


def test_what_was_saved_is_loaded(store):
    store.save(7, _snapshot(2.5, epoch=4))
    loaded = store.load(_snapshot())
    np.testing.assert_array_equal(loaded.tensors["model"][0], [2.5, 2.5])
    assert loaded.tensors["step"][0].dtype == tf.int32
    assert loaded.state == {"epoch": 4}


def test_tensorflow_itself_reads_it(store):
    store.save(7, _snapshot(2.5))
    store.wait()
    [(name, _)] = [
        v for v in tf.train.list_variables(str(store.directory / "step-0000000007/tensors")) if "model" in v[0]
    ]
    assert name == "model/0/.ATTRIBUTES/VARIABLE_VALUE"


def test_the_last_and_the_best_are_kept(store):
    for step, monitored in ((1, 0.5), (2, 0.1), (3, None), (4, 0.3), (5, 0.4)):
        store.save(step, _snapshot(), monitored=monitored)
    store.wait()
    assert store.steps() == [2, 4, 5]


def test_half_a_checkpoint_counts_for_nothing(store):
    store.save(1, _snapshot(1.0))
    store.save(2, _snapshot(2.0))
    store.wait()
    (store.directory / "step-0000000002" / "state.json").unlink()
    assert store.steps() == [1]
    np.testing.assert_array_equal(store.load(_snapshot()).tensors["model"][0], [1.0, 1.0])


def _truncate(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _garble(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))


DAMAGES = {"truncated": _truncate, "garbled": _garble, "empty": lambda path: path.write_bytes(b"")}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["state.json", "tensors.index", "tensors.data-00000-of-00001"])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(store, name, damage):
    # Enough of a tensor to be what the middle of the file holds.
    store.save(1, _snapshot(1.0, shape=(2000,)))
    store.save(2, _snapshot(2.0, shape=(2000,)))
    store.wait()
    DAMAGES[damage](store.directory / "step-0000000002" / name)
    assert set(store.load(_snapshot(shape=(2000,))).tensors["model"][0].numpy()) == {1.0}
    assert [*store.damaged] == [2]
    assert store.newest() == 1


@pytest.mark.parametrize("name", ["tensors.index", "tensors.data-00000-of-00001"])
def test_one_without_its_tensors_is_passed_over_too(store, name):
    store.save(1, _snapshot(1.0))
    store.save(2, _snapshot(2.0))
    store.wait()
    (store.directory / "step-0000000002" / name).unlink()
    assert store.newest() == 1


def test_where_all_are_damaged_nothing_begins_anew_of_itself(store):
    store.save(1, _snapshot())
    store.save(2, _snapshot())
    store.wait()
    for step in (1, 2):
        _truncate(store.directory / f"step-000000000{step}" / "state.json")
    with pytest.raises(CheckpointDamagedError, match=r"Received: 2 damaged ones in .* the last: .*Delete"):
        store.load(_snapshot())


def test_what_was_passed_over_neither_stays_nor_counts_when_training_goes_on(tmp_path):
    store = CheckpointStore(tmp_path, keep_last=1, keep_best=1)
    store.save(1, _snapshot(), monitored=0.1)
    store.save(2, _snapshot())
    store.save(4, _snapshot())
    store.wait()
    for step in (1, 4):
        _truncate(tmp_path / f"step-000000000{step}" / "state.json")
    store.save(3, _snapshot(3.0))
    store.wait()
    assert store.steps() == [3]
    np.testing.assert_array_equal(store.load(_snapshot()).tensors["model"][0], [3.0, 3.0])


def test_one_of_another_training_is_not_passed_over(store):
    store.save(1, _snapshot(shape=(3,)))
    store.save(2, _snapshot(shape=(2,)))
    with pytest.raises(CheckpointMismatchError):
        store.load(_snapshot(shape=(3,)))


def test_another_architecture_is_refused_with_what_differs(store):
    store.save(1, _snapshot(shape=(2,)))
    with pytest.raises(CheckpointMismatchError, match=r"whose model variable 0 is float32\[2\], not float32\[3\]"):
        store.load(_snapshot(shape=(3,)))


def test_another_number_of_variables_is_refused(store):
    store.save(1, _snapshot())
    more = Snapshot(tensors={"model": [tf.zeros(2), tf.zeros(1)]}, state={}, is_finite=True)
    with pytest.raises(CheckpointMismatchError, match="it has 1 variables, not 2"):
        store.load(more)


def test_another_layout_is_refused(store):
    store.save(1, _snapshot())
    store.wait()
    path = store.directory / "step-0000000001" / "state.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"layout": 0}))
    with pytest.raises(CheckpointMismatchError, match="Received: layout 0"):
        store.load(_snapshot())


def test_no_checkpoint_is_no_file(store):
    with pytest.raises(FileNotFoundError, match="No checkpoint"):
        store.load(_snapshot())


def test_a_full_disk_is_told_and_earlier_checkpoints_stay(store):
    """A real one where the machine lends a device that is always full; what it writes fails there with ENOSPC."""
    store.save(1, _snapshot(1.0))
    store.wait()
    step_2 = store.directory / "step-0000000002"
    real_write = tf.train.Checkpoint.write

    def full(self, path, options=None):
        with Path("/dev/full").open("w") as device:
            device.write("x")

    tf.train.Checkpoint.write = full
    try:
        store.save(2, _snapshot(2.0))
        with pytest.raises(CheckpointWriteError, match=r"Received: .*No space left on device.* Free some space"):
            store.wait()
    finally:
        tf.train.Checkpoint.write = real_write
    assert not step_2.exists()
    np.testing.assert_array_equal(store.load(_snapshot()).tensors["model"][0], [1.0, 1.0])
    store.save(3, _snapshot(3.0))
    store.wait()
    assert store.steps() == [1, 3]


@pytest.mark.parametrize("options", [{"keep_last": 0}, {"keep_best": -1}])
def test_senseless_options_are_refused(tmp_path, options):
    with pytest.raises(ValueError, match="Received: keep_last="):
        CheckpointStore(tmp_path, **options)


def test_a_snapshot_stays_as_it_was_when_training_goes_on():
    """Taking one copies nothing; the kernels that update variables in place must not reach it."""
    variable, slot = tf.Variable([1.0, 2.0]), tf.Variable([0.0, 0.0])
    snapshots = Snapshots({"model": [variable], "slots": [slot]})
    taken = snapshots.take({})
    variable.assign_add([1.0, 1.0])
    tf.raw_ops.ResourceApplyKerasMomentum(
        var=variable.handle, accum=slot.handle, lr=1.0, grad=[1.0, 1.0], momentum=0.9, use_nesterov=True
    )
    np.testing.assert_array_equal(taken.tensors["model"][0], [1.0, 2.0])
    np.testing.assert_array_equal(taken.tensors["slots"][0], [0.0, 0.0])
    snapshots.restore(taken)
    np.testing.assert_array_equal(variable, [1.0, 2.0])
    assert taken.is_finite


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_snapshot_knows_of_values_that_are_no_numbers(value):
    assert not Snapshots({"model": [tf.Variable([1.0, value])]}).take({}).is_finite
