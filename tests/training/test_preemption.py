import os
import signal

import numpy as np
import pytest
import tensorflow as tf

from tests.training import small
from training import CheckpointStore, EarlyStopping
from training.errors import Preempted
from training.options import OptimizerOptions, StepOptions


class _Terminate(small.Hook):
    """Sends SIGTERM once, from the method and at the step that it is told."""

    def __init__(self, place: str, *, step: int) -> None:
        self._place, self._at, self._step = place, step, 0

    def on_train_begin(self, loop):
        self._send("train_begin")

    def on_steps(self, record):
        self._step = record.step
        self._send("steps")

    def on_epoch(self, record):
        self._send("epoch")

    def on_train_end(self):
        self._send("train_end")

    def evaluation(self) -> tf.data.Dataset:
        """Batches of whose reading a signal is sent."""

        def batches():
            self._send("evaluation")
            yield from small.batches(seed=1)

        return tf.data.Dataset.from_generator(batches, output_signature=small.batches().element_spec)

    def consume(self) -> None:
        """Between two records."""
        self._send("record")

    def _send(self, place: str) -> None:
        if (place, self._step) == (self._place, self._at):
            self._place = ""
            os.kill(os.getpid(), signal.SIGTERM)


# Of tf.data, which keeps its graphs.
pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`")


@pytest.fixture(scope="module", autouse=True)
def _without_graphs():
    """Of these trainings of a few steps, tracing the graphs would take most of the time. A signal in the middle of a
    graph's run is tested in processes of their own, in `test_resume.py`."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def told():
    """The signals that reach the handler that was there before training."""
    told = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: told.append(number))
    yield told
    signal.signal(signal.SIGTERM, before)


class _Training:
    """Two epochs of five steps with all that finishing changes: the average is evaluated, the best weights are kept."""

    def __init__(self) -> None:
        self.model = small.model(dropout=0.3, normalized=True)
        self.records = []

    def run(self, terminate: _Terminate | None = None, *, epochs: int = 2, **options) -> list[np.ndarray]:
        terminate = terminate or _Terminate("", step=0)
        loop = small.loop(
            self.model,
            optimizer=small.optimizer(OptimizerOptions(kind="adam"), learning_rate=0.05),
            step=StepOptions(steps_per_execution=2, ema=0.5),
            early_stopping=EarlyStopping(patience=4),
            hooks=[terminate],
            **options,
        )
        for record in loop.epochs(
            train=small.batches().repeat(), evaluation=terminate.evaluation(), epochs=epochs, steps_per_epoch=5
        ):
            self.records.append((record.epoch, record.evaluation["loss"]))
            terminate.consume()
        return self.model.get_weights()


@pytest.fixture(scope="module")
def whole():
    """What three epochs without an interruption come to: the final weights and the records."""
    training = _Training()
    return training.run(epochs=3), training.records


@pytest.mark.parametrize(
    ("place", "step"),
    [("steps", 4), ("evaluation", 5), ("evaluation", 10), ("epoch", 10), ("record", 10), ("train_end", 10)],
)
def test_sigterm_anywhere_ends_training_after_a_checkpoint_and_nothing_is_lost(tmp_path, told, whole, place, step):
    weights, records = whole
    interrupted, resumed, store = _Training(), _Training(), CheckpointStore(tmp_path)
    with pytest.raises(Preempted, match=f"A checkpoint of step {step}") as raised:
        interrupted.run(_Terminate(place, step=step), checkpoints=store)
    assert raised.value.exit_code == 75
    assert store.steps()[-1] == step
    # One epoch more, so that what finishing did to the weights would show.
    for mine, theirs in zip(resumed.run(epochs=3, checkpoints=store), weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert [*interrupted.records, *resumed.records] == records
    # What was there before is there again.
    assert not told
    os.kill(os.getpid(), signal.SIGTERM)
    assert told == [signal.SIGTERM]


def test_a_training_with_nothing_left_to_do_heeds_it_too(tmp_path, told):
    store = CheckpointStore(tmp_path)
    with pytest.raises(Preempted):
        _Training().run(_Terminate("epoch", step=10), checkpoints=store)
    with pytest.raises(Preempted, match="A checkpoint of step 10"):
        _Training().run(_Terminate("train_begin", step=0), checkpoints=store)


def test_one_that_nobody_can_heed_any_more_means_what_it_meant(tmp_path, told):
    """Who trained leaves off after it came."""
    loop = small.loop(small.model(), checkpoints=CheckpointStore(tmp_path))
    epochs = loop.epochs(train=small.batches().repeat(), evaluation=small.batches(), epochs=2, steps_per_epoch=5)
    next(epochs)
    os.kill(os.getpid(), signal.SIGTERM)
    assert not told
    epochs.close()
    assert told == [signal.SIGTERM]


def test_without_checkpoints_sigterm_means_what_it_meant(told):
    training = _Training()
    training.run(_Terminate("steps", step=2))
    assert len(training.records) == 2
    assert told == [signal.SIGTERM]
