import io
import logging

import pytest
from rich.console import Console

from pipeline.progress import Progress
from training.progress import TrainingProgress
from training.records import EpochRecord, StepsRecord


@pytest.fixture
def printed():
    """What is printed while two epochs are trained, on a terminal or not."""

    def train(*, is_terminal: bool) -> str:
        console = Console(file=io.StringIO(), width=200, force_terminal=is_terminal, color_system=None)
        progress = Progress(console, ["Trainer"])
        logger = logging.getLogger("slipway")
        level = logger.level
        logger.addHandler(progress)
        logger.setLevel(logging.INFO)
        try:
            progress.started("Trainer")
            _train()
            progress.finished("Trainer", "done", 9.0)
        finally:
            logger.removeHandler(progress)
            logger.setLevel(level)
        return console.file.getvalue()

    return train


def _train() -> None:
    told = TrainingProgress(total_steps=4, clock=iter(range(0, 100, 3)).__next__)
    told.on_train_begin(None)
    for epoch in (1, 2):
        for step in (2 * epoch - 1, 2 * epoch):
            told.on_steps(StepsRecord(step=step, means={"loss": 0.5}, learning_rate=0.01, examples_per_sec=8.0))
        told.on_epoch(
            EpochRecord(
                epoch=epoch,
                step=2 * epoch,
                train={"loss": 0.5},
                evaluation={"loss": 0.25, "accuracy": 0.75},
                learning_rate=0.01,
                examples_per_sec=8.0,
                is_best=True,
                gap_ratio=-0.5,
                input_share=0.0,
                events=(),
            )
        )


def test_without_a_terminal_there_is_a_line_an_epoch(printed):
    lines = printed(is_terminal=False).splitlines()
    assert len(lines) == 3
    for line, epoch, step in zip(lines, (1, 2), (2, 4), strict=False):
        assert line.startswith(f"  epoch {epoch}, step {step}/4: train loss 0.5000, ")
        assert "eval loss 0.2500, eval accuracy 0.7500, " in line
        assert line.endswith(" s")
    assert lines[2].split() == ["✓", "Trainer", "done", "9.0", "s"]


def test_on_a_terminal_epochs_are_shown_by_what_is_drawn_alone(printed):
    assert "epoch" not in printed(is_terminal=True)


def _record(message: str, **extra: object) -> logging.LogRecord:
    record = logging.LogRecord("slipway.trainer", logging.INFO, "", 0, message, None, None)
    vars(record).update(extra)
    return record


def test_each_running_node_shows_what_it_reported_itself():
    console = Console(file=io.StringIO(), width=100, color_system=None)
    progress = Progress(console, ["StatisticsGen", "Transform", "Trainer"])
    progress.started("StatisticsGen")
    progress.started("Transform")
    progress.handle(_record("reading", node="StatisticsGen"))
    progress.handle(_record("half", node="Transform", progress=0.5))
    progress.handle(_record("over already", node="ExampleGen"))
    console.print(progress._draw())
    one, other, coming = map(str.strip, console.file.getvalue().splitlines())
    assert ("StatisticsGen" in one, one.endswith("reading")) == (True, True)
    assert ("Transform" in other, other.endswith("half")) == (True, True)
    assert coming == "next: Trainer"
    assert "over already" not in console.file.getvalue()


def test_beside_others_a_line_says_whose_it_is():
    console = Console(file=io.StringIO(), width=100)
    progress = Progress(console, ["StatisticsGen", "Transform"])
    progress.started("StatisticsGen")
    progress.handle(_record("alone", node="StatisticsGen", is_milestone=True))
    progress.started("Transform")
    progress.handle(_record("beside", node="Transform", is_milestone=True))
    assert console.file.getvalue().splitlines() == ["  alone", "  Transform: beside"]
