from types import SimpleNamespace

import pytest

from tasks.training import TaskTraining
from tests.training import small
from training import CheckpointStore


@pytest.mark.parametrize("is_damaged", [False, True])
def test_the_step_that_writers_go_on_from_is_that_of_the_checkpoint_that_training_does(tmp_path, is_damaged):
    small.train(small.loop(small.model(), checkpoints=CheckpointStore(tmp_path), checkpoint_every_secs=1e-9), epochs=2)
    if is_damaged:
        (tmp_path / "step-0000000010" / "state.json").write_text("{")
    steps = []

    class Note(small.Hook):
        def on_steps(self, record):
            steps.append(record.step)

    loop = small.loop(small.model(), checkpoints=CheckpointStore(tmp_path), hooks=[Note()])
    found = TaskTraining.resume_step.fget(SimpleNamespace(loop=loop))
    small.train(loop, epochs=3)
    assert found == (5 if is_damaged else 10)
    assert steps[0] == found + small.STEPS_PER_EPOCH


def test_a_training_without_checkpoints_starts_anew():
    loop = small.loop(small.model())
    assert TaskTraining.resume_step.fget(SimpleNamespace(loop=loop)) == 0
