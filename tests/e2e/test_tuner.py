"""A search in front of the training."""

import json

import pytest
import yaml

from components.evaluator.metrics import overall_metrics
from inspection.store import RunStore
from tests.e2e.commands import TWO_RATES, run, write_config

pytestmark = pytest.mark.e2e


def test_trainer_takes_what_tuner_found(tmp_path):
    """Of two rates one learns nothing in three epochs: the search has to find the other."""
    done = run(write_config(tmp_path / "pipeline.yaml", tune=TWO_RATES), tmp_path / "root")
    assert done.exit_code == 0, done.output
    assert done.states()["Tuner"] == "done"
    [results] = done.root.artifacts.glob("Tuner/tuner_results/*/tuner_results.json")
    assert {row["train.learning_rate"] for row in json.loads(results.read_text())} == {1e-7, 0.005}
    [history] = done.root.artifacts.glob("Trainer/model_run/*/history.jsonl")
    rates = [json.loads(line)["learning_rate"] for line in history.read_text().splitlines()]
    assert max(rates) == pytest.approx(0.005, rel=0.1)
    assert done.record()["hyperparameters"] == {"train.learning_rate": 0.005}
    assert "tuned          train.learning_rate 0.005" in done.output


def test_every_step_takes_what_tuner_found(tmp_path):
    """Inner steps decide which metrics there are, and what is served: the config's one step must be nowhere."""
    config = {
        "name": "curves",
        "task": "tasks.few_shot.regression.FewShotRegression",
        "options": {
            "source": {"kind": "sinusoids", "train": 100, "eval": 20, "test": 20},
            "episodes_per_epoch": 250,
            "learner": {"kind": "cavia", "context": 2, "steps": 1, "eval_steps": 4},
        },
        "train": {"batch_size": 25, "epochs": 1, "schedule": {"warmup_epochs": 0}},
        "tune": {
            "algorithm": "grid",
            "space": {"options.learner.steps": {"kind": "choice", "values": [2, 3]}},
        },
        "evaluate": {"gates": {"mse": {"max": 100.0}}},
        "compress": {"variants": ["float32"]},
    }
    (tmp_path / "curves.yaml").write_text(yaml.safe_dump(config))
    done = run(tmp_path / "curves.yaml", tmp_path / "root")
    assert done.exit_code == 0, done.output
    steps = done.record()["hyperparameters"]["options.learner.steps"]
    assert steps in (2, 3)
    outputs = {execution.node: execution.outputs for execution in RunStore(done.root.path).run(done.run_id)}
    for node in ("Evaluator", "EdgeEvaluator"):
        [metrics] = overall_metrics(outputs[node]["evaluation"][0].uri).values()
        assert f"mse_step_{steps}" in metrics
    [metadata] = done.root.registry.glob("curves/1/tflite/metadata.json")
    assert json.loads(metadata.read_text())["inner_steps"] == steps
