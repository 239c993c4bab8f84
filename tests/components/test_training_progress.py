import logging

import pytest

from components.trainer.progress import TrainingProgress
from training.loop import EpochRecord


@pytest.fixture
def told(caplog):
    caplog.set_level(logging.INFO, logger="slipway.trainer")
    return lambda: [(record.getMessage(), record.progress) for record in caplog.records]


def test_steps_are_told_every_two_seconds(told):
    now = iter([0.0, 1.0, 2.0, 2.0, 3.5, 4.0, 4.0])
    progress = TrainingProgress(total_steps=10, clock=lambda: next(now))
    for step in (1, 2, 3, 4):
        progress.steps(step)
    assert told() == [("step 2/10, first epoch", 0.2), ("step 4/10, first epoch", 0.4)]


def test_every_epoch_is_told(told):
    progress = TrainingProgress(total_steps=10, clock=lambda: 0.0)
    progress.epoch(
        EpochRecord(
            epoch=1,
            step=5,
            train={"loss": 0.5},
            evaluation={"loss": 0.25},
            learning_rate=0.1,
            examples_per_sec=1234.5,
            is_best=True,
        )
    )
    assert told() == [("step 5/10, epoch 1: train loss 0.5000, eval loss 0.2500, 1,234 examples/s", 0.5)]
