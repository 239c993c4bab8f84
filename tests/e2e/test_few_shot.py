"""Sinusoids by CAVIA through a whole pipeline."""

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import yaml

from inspection.evaluation_results import read_metrics
from inspection.store import RunStore
from records.predictions import read_predictions
from serving.tflite import TFLiteModel
from tasks.loading import TaskSpec
from tests.e2e.commands import Ran, run, slipway

pytestmark = pytest.mark.e2e

SHOTS, QUERIES, CONTEXT, TEST = (5, 10), 20, 2, 60
CONFIG = {
    "name": "curves",
    "task": "tasks.few_shot.regression.FewShotRegression",
    "options": {
        "source": {"kind": "sinusoids", "train": 200, "eval": 40, "test": TEST},
        "shots": list(SHOTS),
        "queries": QUERIES,
        "episodes_per_epoch": 5000,
        "learner": {"kind": "cavia", "context": CONTEXT, "eval_steps": 2},
    },
    "train": {
        "batch_size": 25,
        "epochs": 2,
        "learning_rate": 0.003,
        "schedule": {"kind": "cosine", "warmup_epochs": 0},
        "optimizer": {"kind": "adam", "weight_decay": 0},
        "step": {"steps_per_execution": 100, "clip_norm": 10},
    },
    "evaluate": {"slices": ["shot"], "gates": {"mse": {"max": 10.0}}},
    "compress": {"variants": ["float32"]},
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> Ran:
    folder = tmp_path_factory.mktemp("few_shot")
    (folder / "curves.yaml").write_text(yaml.safe_dump(CONFIG))
    done = run(folder / "curves.yaml", folder / "root")
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture(scope="module")
def metrics(ran) -> dict[tuple[str, str], float]:
    """{(slice, metric): value} as TFMA has them."""
    outputs = {execution.node: execution.outputs for execution in RunStore(ran.root.path).run(ran.run_id)}
    [evaluation] = outputs["Evaluator"]["evaluation"]
    return {(value.where, value.metric): value.value for value in read_metrics(evaluation.uri)}


@pytest.fixture(scope="module")
def task():
    return TaskSpec(task=CONFIG["task"], options=CONFIG["options"]).load()


@pytest.fixture(scope="module")
def model(ran, task):
    """The trained Keras model of the pushed version."""
    return task.load_model(str(ran.versions()[0] / "assets.extra" / "model.keras"))


@pytest.fixture(scope="module")
def served(ran):
    return tf.saved_model.load(str(ran.versions()[0])).signatures


@pytest.fixture(scope="module")
def episodes() -> dict[str, np.ndarray]:
    """Two sinusoids with as many points as a TFLite file takes."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-5, 5, (2, SHOTS[-1] + QUERIES, 1))
    y = np.array([1.0, 4.0])[:, None, None] * np.sin(x - np.array([0.5, 2.0])[:, None, None])
    cut = {"support_x": x[:, : SHOTS[-1]], "support_y": y[:, : SHOTS[-1]], "query_x": x[:, SHOTS[-1] :]}
    return {**{name: value.astype(np.float32) for name, value in cut.items()}, "support_weight": np.ones((2, 10), "f4")}


def _tensors(episodes: dict[str, np.ndarray], *names: str) -> dict[str, tf.Tensor]:
    return {name: tf.constant(episodes[name]) for name in names}


def test_the_error_after_each_step_has_an_interval_over_all_episodes_and_by_shot(metrics):
    for where in ("", "shot=5", "shot=10"):
        for step in range(3):
            assert 0 < metrics[where, f"mse_step_{step}_ci95"] < metrics[where, f"mse_step_{step}"]


def test_what_is_kept_of_each_episode_adds_up_to_the_error(ran, metrics):
    [place] = ran.root.artifacts.glob("Evaluator/evaluation/*")
    found = read_predictions(place)
    assert not found.overlap
    # Of intervals there is no share of an episode.
    assert not any("ci95" in metric for metric in found.metrics)
    for metric in ("mse", "mse_step_0"):
        assert float(found.values_of("candidate", metric).mean()) == pytest.approx(metrics["", metric], rel=1e-4)


def test_the_error_after_adaptation_is_lower_than_before(metrics):
    gained = metrics["", "mse_step_0"] - metrics["", "mse_step_1"]
    assert gained > metrics["", "mse_step_0_ci95"] + metrics["", "mse_step_1_ci95"]
    assert metrics["", "mse"] == pytest.approx(metrics["", "mse_step_1"])


def test_a_client_s_examples_are_adapted_to_as_in_python(served, model, episodes):
    given = _tensors(episodes, "support_x", "support_y", "query_x")
    answer = served["adapt_and_predict"](**given)["prediction"]
    np.testing.assert_allclose(answer, model(episodes)["predictions"][:, 1], atol=1e-5)


def test_a_context_that_a_client_keeps_predicts_the_same(served, episodes):
    context = served["adapt"](**_tensors(episodes, "support_x", "support_y"))["context"]
    assert context.shape == (2, CONTEXT)
    later = served["predict_adapted"](context=context, **_tensors(episodes, "query_x"))["prediction"]
    at_once = served["adapt_and_predict"](**_tensors(episodes, "support_x", "support_y", "query_x"))["prediction"]
    np.testing.assert_allclose(later, at_once, atol=1e-5)


def test_the_tflite_file_adapts_on_its_own(ran, model, episodes):
    bundle = ran.versions()[0] / "tflite"
    answer = TFLiteModel(bundle / "float32.tflite").predict(episodes)["predictions"]
    np.testing.assert_allclose(answer, model(episodes)["predictions"], atol=1e-4)
    metadata = json.loads((bundle / "metadata.json").read_text())
    assert (metadata["learner"], metadata["inner_steps"]) == ("cavia", 1)


@pytest.mark.parametrize("signature", ["adapt_and_predict", "predict", "serving_default"])
def test_a_support_point_that_is_no_number_is_the_client_s_error(served, task, episodes, signature):
    spoiled = {**episodes, "support_y": np.where(np.arange(10)[:, None] == 3, np.nan, episodes["support_y"])}
    spoiled["support_y"] = spoiled["support_y"].astype(np.float32)
    if signature == "serving_default":
        _, example = next(iter(task.source().examples("test")))
        example.features.feature["support_y"].float_list.value[0] = np.nan
        given = {"examples": tf.constant([example.SerializeToString()])}
    else:
        given = _tensors(spoiled, *served[signature].structured_input_signature[1])
    with pytest.raises(tf.errors.InvalidArgumentError, match="support_y must hold finite numbers"):
        served[signature](**given)


def test_the_episodes_are_drawn_and_judged_as_by_tfma(ran, metrics):
    root = Path(ran.root.path)
    done = slipway("episodes", root.parent / "curves.yaml", "--root", root)
    assert done.returncode == 0, done.stdout
    results = json.loads((root / "episodes" / "results.json").read_text())
    [row] = results["rows"]
    assert (row["name"], row["learner"], row["task_bytes"]) == ("curves 1", "cavia", 4 * CONTEXT)
    for step in range(3):
        assert row["means"][step] == pytest.approx(metrics["", f"mse_step_{step}"], rel=1e-4)
        assert row["half_widths"][step] == pytest.approx(metrics["", f"mse_step_{step}_ci95"], rel=1e-4)
    assert slipway("report", "--root", root).returncode == 0
    for page in (root / "episodes" / "report.html", root / "runs" / ran.run_id / "report.html"):
        text = page.read_text()
        assert all(f'id="{name}"' in text for name in ("learners-table", "fits", "contexts"))
    assert "mse against inner steps" in text
    assert "mse against support examples" in text


def test_more_ways_than_a_split_has_classes_are_refused_before_anything_is_trained(tmp_path):
    options = {
        "source": {"kind": "digits"},
        "splits": {"train": 0.4, "eval": 0.3, "test": 0.3},
        "ways": [5],
        "height": 8,
        "width": 8,
        "widths": [4],
        "learner": {"kind": "prototypes"},
    }
    config = {
        "name": "ways",
        "task": "tasks.few_shot.classification.FewShotClassification",
        "options": options,
        "evaluate": {"gates": {"accuracy": {"min": 0.1}}},
    }
    (tmp_path / "ways.yaml").write_text(yaml.safe_dump(config))
    refused = run(tmp_path / "ways.yaml", tmp_path / "root")
    assert refused.exit_code == 1
    assert "Each split must have as many classes as an episode. Received:" in refused.output
    assert not refused.versions()
