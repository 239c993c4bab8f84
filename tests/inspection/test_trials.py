"""Parallel coordinates by hand: heights are from 270 at the bottom to 44 at the top."""

import json

import pytest
from etils import epath

from inspection.page import html
from inspection.trials import RESULTS_FILE, Trial, draw_trials, read_trials

ROWS = [
    {"trial_id": "1", "score": 0.9, "train.learning_rate": 0.01, "options.kind": "b", "tuner/epochs": 3},
    {"trial_id": "0", "score": 0.5, "train.learning_rate": 0.0001, "options.kind": "a", "tuner/epochs": 9},
    {"trial_id": "2", "score": 0.7, "train.learning_rate": 0.001, "options.kind": "a"},
]


@pytest.fixture
def trials(tmp_path):
    (tmp_path / RESULTS_FILE).write_text(json.dumps(ROWS))
    return read_trials(epath.Path(tmp_path))


def test_trials_are_those_of_the_file_without_the_searchs_own_keys(trials, tmp_path):
    assert [(trial.name, trial.score) for trial in trials] == [("1", 0.9), ("0", 0.5), ("2", 0.7)]
    assert trials[0].values == {"train.learning_rate": 0.01, "options.kind": "b"}
    assert read_trials(epath.Path(tmp_path / "none")) == []


def test_lines_go_through_the_values(trials):
    drawing = draw_trials(trials, "accuracy")
    assert [axis.name for axis in drawing.axes] == ["train.learning_rate", "options.kind", "accuracy"]
    # The rate is on a logarithmic axis, for its ends are a hundredfold apart; the score is halfway on a linear one.
    assert drawing.lines == (
        "80,44.0 250,44.0 420,44.0",
        "80,270.0 250,270.0 420,270.0",
        "80,157.0 250,270.0 420,157.0",
    )
    assert [text for _, text in drawing.axes[0].ticks] == ["0.0001", "0.01"]
    assert [text for _, text in drawing.axes[1].ticks] == ["a", "b"]


def test_a_value_that_is_the_same_in_all_stands_in_the_middle():
    drawing = draw_trials([Trial(name=str(n), score=float(n), values={"units": 8}) for n in range(2)], "score")
    assert drawing.axes[0].ticks == ((157.0, "8"),)


def test_a_value_that_a_trial_lacks_is_passed_over():
    trials = [Trial(name="0", score=1.0, values={"a": 1}), Trial(name="1", score=2.0, values={})]
    assert draw_trials(trials, "score").lines == ("80,157.0 250,270.0", "250,44.0")


def test_one_trial_is_no_drawing():
    assert draw_trials([Trial(name="0", score=1.0, values={"a": 1})], "score") is None


def test_the_best_one_stands_out_and_the_numbers_are_a_table(trials):
    page = html("trials.html", trials=draw_trials(trials, "accuracy"))
    assert page.count("<polyline") == 3
    assert '<polyline points="80,44.0 250,44.0 420,44.0" class="best"><title>score 0.9</title>' in page
    numbers = "".join(f'<td class="number">{text}</td>' for text in ("0.5000", "0.0001", "a"))
    assert f"<td>0</td>{numbers}" in page
