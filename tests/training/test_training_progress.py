import logging

import pytest

from training.progress import TrainingProgress
from training.records import EpochRecord, StepsRecord


@pytest.fixture
def told(caplog):
    caplog.set_level(logging.INFO, logger="slipway.trainer")
    return lambda: [(record.getMessage(), record.progress) for record in caplog.records]


def _steps(step: int) -> StepsRecord:
    return StepsRecord(step=step, means={"loss": 0.5}, learning_rate=0.01, examples_per_sec=1234.5)


def test_steps_are_told_every_two_seconds_with_the_time_left(told):
    now = iter([0.0, 1.0, 2.5, 2.5, 3.5, 4.5, 4.5])
    progress = TrainingProgress(total_steps=10, clock=lambda: next(now))
    progress.on_train_begin(None)
    for step in (1, 2, 3, 4):
        progress.on_steps(_steps(step))
    # From the first call at 1.0 s on: one step in 1.5 s leaves 8 for 12 s; three in 3.5 s leave 6 for 7 s.
    line = "train loss 0.5000, lr 0.01, 1,234 examples/s"
    assert told() == [(f"step 2/10, {line}, 0:00:12 left", 0.2), (f"step 4/10, {line}, 0:00:07 left", 0.4)]


def test_every_epoch_is_told_with_the_time_that_it_took(told, caplog):
    now = iter([10.0, 12.5, 12.5, 16.0, 16.0])
    progress = TrainingProgress(total_steps=10, clock=lambda: next(now))
    progress.on_train_begin(None)
    for epoch in (1, 2):
        progress.on_epoch(
            EpochRecord(
                epoch=epoch,
                step=5 * epoch,
                train={"loss": 0.5},
                evaluation={"loss": 0.25},
                learning_rate=0.1,
                examples_per_sec=1234.5,
                is_best=True,
                gap_ratio=-0.5,
                input_share=0.0,
                events=(),
            )
        )
    line = "train loss 0.5000, eval loss 0.2500, lr 0.1, 1,234 examples/s"
    assert told() == [(f"epoch 1, step 5/10: {line}, 2.5 s", 0.5), (f"epoch 2, step 10/10: {line}, 3.5 s", 1.0)]
