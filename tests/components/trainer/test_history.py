import json

import pytest
from etils import epath

from components.trainer.history import History
from training.records import EpochRecord


@pytest.fixture
def path(tmp_path) -> epath.Path:
    return epath.Path(tmp_path) / "history.jsonl"


def _epoch(number: int, loss: float = 0.5) -> EpochRecord:
    return EpochRecord(
        epoch=number,
        step=10 * number,
        train={"loss": loss},
        evaluation={"loss": 0.25},
        learning_rate=0.1,
        examples_per_sec=8.0,
        is_best=True,
        gap_ratio=-0.5,
        input_share=0.125,
        events=("cut",),
    )


def test_each_epoch_is_a_line(path):
    history = History(path)
    for number in (1, 2):
        history.add(_epoch(number))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2]
    assert lines[0] == {
        "epoch": 1,
        "step": 10,
        "train": {"loss": 0.5},
        "evaluation": {"loss": 0.25},
        "learning_rate": 0.1,
        "examples_per_sec": 8.0,
        "is_best": True,
        "gap_ratio": -0.5,
        "input_share": 0.125,
        "events": ["cut"],
    }


def test_what_a_killed_process_wrote_is_kept(path):
    History(path).add(_epoch(1))
    history = History(path)
    history.add(_epoch(2))
    assert [row["epoch"] for row in history.rows] == [1, 2]


def test_epochs_that_no_checkpoint_reached_are_written_over(path):
    before = History(path)
    for number in (1, 2, 3):
        before.add(_epoch(number, loss=9.0))
    History(path).add(_epoch(2, loss=1.0))
    losses = [json.loads(line)["train"]["loss"] for line in path.read_text().splitlines()]
    assert losses == [9.0, 1.0]


def test_no_half_written_file_is_left(path):
    History(path).add(_epoch(1))
    assert [file.name for file in path.parent.iterdir()] == ["history.jsonl"]
