"""What Trainer leaves, of two epochs of Points in batches of four."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from tfx.components.trainer.fn_args_utils import FnArgs

from components.trainer.run_fn import run_fn, training_facts
from models.loading import load_model
from records.model_run import read_model_facts
from serving.saved_model import SavedModel
from tests.components.points import SPEC

PROJECT = Path(__file__).resolve().parents[3]
TRAIN = {
    "epochs": 2,
    "batch_size": 4,
    "learning_rate": 0.1,
    "schedule": {"warmup_epochs": 0},
    "summaries": {"scalars_every_steps": 1},
}


def _fn_args(points, place: Path, *, start: dict | None = None, hyperparameters: dict | None = None, **train) -> FnArgs:
    return FnArgs(
        train_files=[f"{points.transformed_examples.uri}/Split-train/*"],
        eval_files=[f"{points.transformed_examples.uri}/Split-eval/*"],
        transform_output=points.transform_graph.uri,
        serving_model_dir=str(place / "model" / "Format-Serving"),
        model_run_dir=str(place / "run"),
        hyperparameters=hyperparameters,
        custom_config={
            "task_spec": SPEC.model_dump_json(),
            "train": {**TRAIN, **train},
            "seed": 1,
            "start": start,
            "code": "c0de",
            "workspaces": str(place / "workspaces"),
        },
    )


@pytest.fixture(scope="module")
def run(points, tmp_path_factory) -> Path:
    """The directory that holds `model`, `run` and `workspaces`, after a training."""
    place = tmp_path_factory.mktemp("trainer")
    run_fn(_fn_args(points, place))
    return place


def test_the_history_has_both_epochs_of_two_steps(run):
    rows = [json.loads(line) for line in (run / "run" / "history.jsonl").read_text().splitlines()]
    assert [(row["epoch"], row["step"]) for row in rows] == [(1, 2), (2, 4)]
    assert set(rows[0]["evaluation"]) == {"loss", "accuracy"}


def test_the_model_run_holds_what_a_person_may_look_at(run):
    assert sorted(path.name for path in (run / "run").iterdir()) == [
        "checkpoints",
        "history.jsonl",
        "model.json",
        "model.keras",
        "steps.jsonl",
        "tensorboard",
    ]


def test_the_workspace_is_gone_once_all_is_written(run):
    assert list((run / "workspaces").iterdir()) == []


def test_the_facts_are_counted(run):
    facts = read_model_facts(str(run / "run"))
    # 2 x 4 + 4 of the hidden layer, 4 x 2 + 2 of the head.
    assert facts.parameters == 22
    assert (facts.training.epochs, facts.training.steps) == (2, 4)
    assert facts.hyperparameters == {}


def test_the_saved_model_predicts_what_the_keras_model_does(run):
    point = np.array([[3.0, 2.0], [-1.0, 2.0]], np.float32)
    logits = load_model(str(run / "run" / "model.keras"))({"point": point})["logits"]
    served = SavedModel(run / "model" / "Format-Serving").predict({"point": point})
    np.testing.assert_allclose(served["probabilities"], keras.ops.softmax(logits), rtol=1e-5)


def test_the_keras_model_is_beside_the_saved_model_for_a_later_start(run):
    beside = run / "model" / "Format-Serving" / "assets.extra" / "model.keras"
    assert beside.read_bytes() == (run / "run" / "model.keras").read_bytes()


@pytest.fixture(scope="module")
def tuned(points, tmp_path_factory) -> Path:
    """The model run of a training with values of Tuner, from the weights of the model of Points but for its head."""
    place = tmp_path_factory.mktemp("tuned")
    values = {"options.outputs": 3, "train.epochs": 1, "tuner/epochs": 9}
    start = {"weights": f"{points.model_run.uri}/model.keras", "digest": "", "fresh": ["head"]}
    # A learning rate that moves nothing shows what training began with.
    train = {"learning_rate": 1e-9, "summaries": {"tensorboard": False}}
    run_fn(_fn_args(points, place, start=start, hyperparameters={"values": values}, **train))
    return place / "run"


def test_values_that_tuner_found_take_the_place_of_the_config_s(tuned):
    facts = read_model_facts(str(tuned))
    # 2 x 4 + 4 of the hidden layer, 4 x 3 + 3 of the head.
    assert facts.parameters == 27
    assert facts.training.epochs == 1
    assert facts.hyperparameters == {"options.outputs": 3, "train.epochs": 1}


def test_training_starts_from_the_weights_of_another_model(tuned, points):
    began, theirs = (load_model(f"{run}/model.keras").get_layer("hidden") for run in (tuned, points.model_run.uri))
    np.testing.assert_allclose(began.kernel, theirs.kernel, atol=1e-6)


def _row(epoch: int, **changes) -> dict:
    values = {"step": 5 * epoch, "is_best": False, "examples_per_sec": 100.0, "input_share": 0.0, "events": []}
    return {"epoch": epoch, **values, **changes}


def test_the_best_epoch_is_the_last_that_was_called_so():
    facts = training_facts([_row(1, is_best=True), _row(2, is_best=True), _row(3)])
    assert (facts.epochs, facts.steps, facts.best_epoch) == (3, 15, 2)


def test_without_a_best_epoch_the_last_one_s_weights_are_kept():
    assert training_facts([_row(1), _row(2)]).best_epoch == 2


def test_the_speed_is_the_median_which_the_first_epoch_s_tracing_does_not_slow():
    assert (
        training_facts([_row(1, examples_per_sec=1.0), _row(2, examples_per_sec=90.0), _row(3)]).examples_per_sec == 90
    )


@pytest.mark.parametrize(
    ("shares", "bottleneck"),
    [
        # The first epoch, which fills buffers, does not count where there are others.
        ([0.9, 0.1, 0.2], "compute: steps waited for batches 20% of the time"),
        ([0.1, 0.6, 0.7], "input: steps waited for batches 70% of the time"),
        ([0.75], "input: steps waited for batches 75% of the time"),
    ],
)
def test_the_bottleneck_is_what_steps_waited_for(shares, bottleneck):
    rows = [_row(epoch, input_share=share) for epoch, share in enumerate(shares, 1)]
    assert training_facts(rows).bottleneck == bottleneck


def test_what_guards_did_is_told_with_its_epoch():
    facts = training_facts([_row(1), _row(2, events=["rolled back", "cut"])])
    assert facts.events == ("epoch 2: rolled back", "epoch 2: cut")


@pytest.fixture(scope="module")
def together(points, tmp_path_factory) -> Path:
    """What `run` is, but trained by a chief and a worker, each with half of each batch."""
    place = tmp_path_factory.mktemp("together")
    arguments = _fn_args(
        points,
        place,
        distribution={"strategy": "multi_worker", "workers": 2},
        summaries={"weights_every_steps": 1},
    )
    # By a name that nothing hides: IPython, which TFX imports, puts a package `tests` of its own ahead of ours.
    spec = SPEC.model_copy(update={"task": "points.Points"})
    arguments.custom_config["task_spec"] = spec.model_dump_json()
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(PROJECT / "tests" / "components"))
        run_fn(arguments)
    return place


@pytest.mark.e2e
def test_processes_that_train_together_leave_what_one_leaves(together, run):
    """Once, and with the weights that one process comes to, up to the rounding of sums over halves of a batch."""
    assert {path.name for path in (together / "run").iterdir()} == {path.name for path in (run / "run").iterdir()}
    theirs, one = (load_model(str(place / "run" / "model.keras")).get_weights() for place in (together, run))
    for mine, other in zip(theirs, one, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-4)
    rows = (together / "run" / "history.jsonl").read_text().splitlines()
    assert [json.loads(row)["step"] for row in rows] == [2, 4]
    assert list((together / "workspaces").iterdir()) == []


@pytest.mark.e2e
def test_the_facts_say_how_the_batches_were_shared(together, run):
    for place, replicas, most in ((together, 2, 2), (run, 1, 4)):
        facts = read_model_facts(str(place / "run")).training
        assert (facts.replicas, facts.batch_size, facts.replica_batch_size) == (replicas, 4, most)
        assert facts.learning_rate_scale == 1.0
