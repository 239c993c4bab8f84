import pytest

from tests.training import small
from training import Hook, Loop
from training.options import StepOptions
from training.records import EpochRecord, StepsRecord


class Noting(Hook):
    """Notes under its name what it is told."""

    def __init__(self, name: str, notes: list[str]) -> None:
        self.name = name
        self.notes = notes

    def on_train_begin(self, loop):
        self.notes.append(f"{self.name} begin")

    def on_steps(self, record):
        assert isinstance(record, StepsRecord)
        self.notes.append(f"{self.name} steps {record.step}")

    def on_epoch(self, record):
        assert isinstance(record, EpochRecord)
        self.notes.append(f"{self.name} epoch {record.epoch}")

    def on_train_end(self):
        self.notes.append(f"{self.name} end")


class Asking(Hook):
    """Asks for the gradients of the third step."""

    def __init__(self) -> None:
        self.records: list[StepsRecord] = []

    def on_train_begin(self, loop):
        self.loop = loop

    def on_steps(self, record):
        self.records.append(record)
        if record.step == 2:
            self.loop.request_gradients()


def _loop(*hooks: Hook) -> Loop:
    return small.loop(small.model(), hooks=hooks, step=StepOptions(steps_per_execution=1))


def test_are_called_in_order_and_end_in_reverse():
    notes: list[str] = []
    small.train(_loop(Noting("a", notes), Hook(), Noting("b", notes)), epochs=1)
    assert notes[:4] == ["a begin", "b begin", "a steps 1", "b steps 1"]
    assert notes[-4:] == ["a epoch 1", "b epoch 1", "b end", "a end"]


def test_end_when_training_raised():
    class Failing(Hook):
        def on_steps(self, record):
            raise RuntimeError("stop")

    notes: list[str] = []
    with pytest.raises(RuntimeError, match="stop"):
        small.train(_loop(Noting("a", notes), Failing()), epochs=1)
    assert notes == ["a begin", "a steps 1", "a end"]


def test_gradients_come_with_the_next_step_and_only_then():
    asking = Asking()
    loop = _loop(asking)
    small.train(loop, epochs=1)
    assert [bool(record.gradients) for record in asking.records] == [False, False, True, False, False]
    shapes = {path: gradient.shape for path, gradient in asking.records[2].gradients.items()}
    assert shapes == {variable.path: variable.shape for variable in loop.model.trainable_variables}
