import os
import signal

import pytest

from tests.training import small
from training import CheckpointStore
from training.errors import Preempted
from training.options import StepOptions


class _Terminate(small.Hook):
    def on_steps(self, record):
        if record.step == 2:
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture
def told():
    """The signals that reach the handler that was there before training."""
    told = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: told.append(number))
    yield told
    signal.signal(signal.SIGTERM, before)


def _train(**options) -> list:
    loop = small.loop(small.model(), hooks=[_Terminate()], step=StepOptions(steps_per_execution=2), **options)
    return small.train(loop)


def test_sigterm_writes_a_checkpoint_and_ends_training(tmp_path, told):
    store = CheckpointStore(tmp_path)
    with pytest.raises(Preempted, match="A checkpoint of step 2") as raised:
        _train(checkpoints=store)
    assert raised.value.exit_code == 75
    assert store.steps() == [2]
    # What was there before is there again.
    os.kill(os.getpid(), signal.SIGTERM)
    assert told == [signal.SIGTERM]


def test_without_checkpoints_sigterm_means_what_it_meant(told):
    assert len(_train()) == 2
    assert told == [signal.SIGTERM]
