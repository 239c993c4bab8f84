"""A search in front of the training."""

import json

import pytest

from tests.e2e.conftest import run, write_config

pytestmark = pytest.mark.e2e


def test_trainer_takes_what_tuner_found(tmp_path):
    """Of two rates one learns nothing in three epochs: the search has to find the other."""
    tune = {
        "algorithm": "grid",
        "trials": 2,
        "metric": "accuracy",
        "direction": "max",
        "space": {"train.learning_rate": {"kind": "choice", "values": [1e-7, 0.005]}},
    }
    done = run(write_config(tmp_path / "pipeline.yaml", tune=tune), tmp_path / "root")
    assert done.exit_code == 0, done.output
    assert done.states()["Tuner"] == "done"
    [results] = done.root.artifacts.glob("Tuner/tuner_results/*/tuner_results.json")
    assert {row["train.learning_rate"] for row in json.loads(results.read_text())} == {1e-7, 0.005}
    [history] = done.root.artifacts.glob("Trainer/model_run/*/history.jsonl")
    rates = [json.loads(line)["learning_rate"] for line in history.read_text().splitlines()]
    assert max(rates) == pytest.approx(0.005, rel=0.1)
