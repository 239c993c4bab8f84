import math
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import keras_tuner
import pytest
from keras_tuner.engine.base_tuner import BaseTuner
from tfx.components.trainer.fn_args_utils import FnArgs

from components.tuner.options import TuneOptions
from components.tuner.tuner_fn import HYPERBAND_EPOCHS, TaskTuner, UnknownMetricError, oracle, tuner_fn
from tasks.base import Task
from tests.components.points import SPEC as POINTS
from training.errors import DivergedError
from training.options import TrainOptions

SPACE = {
    "train.learning_rate": {"kind": "float", "min": 1e-4, "max": 1e-1, "log": True},
    "train.batch_size": {"kind": "int", "min": 16, "max": 32, "step": 16},
    "options.units": {"kind": "choice", "values": [2, 3]},
}


def _options(**changes) -> TuneOptions:
    return TuneOptions.model_validate({"space": SPACE, "trials": 4, **changes})


@pytest.fixture
def trials(tmp_path):
    """The hyperparameters that an algorithm asks for; each trial scores its learning rate."""

    def trials(options: TuneOptions) -> list[dict]:
        seen = []

        class Collect(BaseTuner):
            def run_trial(self, trial):
                seen.append(dict(trial.hyperparameters.values))
                return {options.metric: seen[-1].get("train.learning_rate", 0.0)}

        Collect(oracle(options, epochs=9, seed=1), directory=str(tmp_path)).search()
        return seen

    return trials


@pytest.mark.parametrize("algorithm", ["random", "bayesian"])
def test_so_many_trials_within_the_space(trials, algorithm):
    seen = trials(_options(algorithm=algorithm))
    assert len(seen) == 4
    for values in seen:
        assert 1e-4 <= values["train.learning_rate"] <= 1e-1
        assert values["train.batch_size"] in (16, 32)
        assert values["options.units"] in (2, 3)
    assert len({values["train.learning_rate"] for values in seen}) == 4


def test_a_grid_is_every_combination(trials):
    space = {key: SPACE[key] for key in ("train.batch_size", "options.units")}
    seen = trials(_options(algorithm="grid", space=space, trials=10))
    assert {tuple(values[key] for key in space) for values in seen} == {(16, 2), (16, 3), (32, 2), (32, 3)}


def test_hyperband_gives_the_better_ones_more_epochs(trials):
    seen = trials(_options(algorithm="hyperband"))
    by_epochs: dict[int, list[float]] = {}
    for values in seen:
        by_epochs.setdefault(values[HYPERBAND_EPOCHS], []).append(values["train.learning_rate"])
    assert sorted(by_epochs) == [1, 3, 9]
    assert len(by_epochs[1]) > len(by_epochs[9])


@dataclass
class Training:
    """In place of a training: what it was asked for, and what each of its epochs reports."""

    task: Task
    options: TrainOptions
    reading: dict[str, Any]
    losses: tuple[float, ...]

    def records(self) -> Iterator[SimpleNamespace]:
        """Raises DivergedError at a loss that is NaN."""
        for loss in self.losses:
            if math.isnan(loss):
                raise DivergedError("the loss is NaN")
            yield SimpleNamespace(evaluation={"loss": loss, "accuracy": 1 - loss})


@pytest.fixture
def run_trial(tmp_path, monkeypatch):
    """The score of a trial of Points with the values given, and its training; of so many losses, one an epoch."""

    def run_trial(values=None, *, losses=(0.5, 0.25, 0.75), **changes):
        seen = []

        def training(task, options, **reading):
            seen.append(Training(task, options, reading, losses))
            return seen[0]

        monkeypatch.setattr("components.tuner.tuner_fn.TaskTraining", training)
        options = _options(
            space={
                "options.units": {"kind": "int", "min": 2, "max": 5},
                "train.schedule.warmup_epochs": {"kind": "float", "min": 0.0, "max": 9.0},
            },
            **changes,
        )
        tuner = TaskTuner(oracle(options, epochs=3, seed=0), directory=str(tmp_path), project_name="trials")
        hyperparameters = SimpleNamespace(values=values or {})
        trial = SimpleNamespace(trial_id="0", hyperparameters=hyperparameters)
        score = tuner.run_trial(trial, spec=POINTS, train=TrainOptions(epochs=40), tune=options, reading={"seed": 3})
        return score, seen[0]

    return run_trial


@pytest.mark.parametrize(
    ("metric", "direction", "best"), [("loss", "min", 0.25), ("loss", "max", 0.75), ("accuracy", "max", 0.75)]
)
def test_a_trial_scores_its_best_epoch(metric, direction, best, run_trial):
    score, _ = run_trial(metric=metric, direction=direction)
    assert score == {metric: best}


def test_values_of_the_task_and_of_the_training_go_where_they_belong(run_trial):
    _, training = run_trial({"options.units": 5, "train.schedule.warmup_epochs": 1.0})
    assert training.task.options.units == 5
    assert training.options.schedule.warmup_epochs == 1.0


def test_what_an_algorithm_keeps_for_itself_is_no_hyperparameter(run_trial):
    _, training = run_trial({"options.units": 5, "tuner/bracket": 1, "tuner/initial_epoch": 0})
    assert training.task.options.units == 5


def test_every_trial_reads_the_same_data_with_the_same_seed(run_trial):
    _, training = run_trial()
    assert training.reading == {"seed": 3}


@pytest.mark.parametrize(
    ("tune", "values", "epochs"),
    [
        ({}, {}, 40),
        ({"epochs": 7}, {}, 7),
        ({"epochs": 7}, {HYPERBAND_EPOCHS: 3}, 3),
        # A warm-up of six epochs and one more in which the rate is what was asked for.
        ({"epochs": 2}, {"train.schedule.warmup_epochs": 6.0}, 7),
    ],
    ids=["those of the config", "those of the search", "those of hyperband", "more than the warm-up"],
)
def test_a_trial_has_epochs(tune, values, epochs, run_trial):
    _, training = run_trial(values, **tune)
    assert training.options.epochs == epochs


def test_a_trial_that_diverges_fails_and_the_search_goes_on(run_trial):
    with pytest.raises(keras_tuner.errors.FailedTrialError, match="the loss is NaN"):
        run_trial(losses=(0.5, math.nan))


def test_a_metric_that_training_does_not_report_ends_the_search_after_an_epoch(tmp_path, monkeypatch):
    epochs = []

    def records(*arguments, **options):
        for epoch in (1, 2):
            epochs.append(epoch)
            yield SimpleNamespace(evaluation={"loss": 1.0, "accuracy": 0.5})

    options = _options(algorithm="random", metric="f1")
    tuner = TaskTuner(oracle(options, epochs=3, seed=0), directory=str(tmp_path), project_name="trials")
    monkeypatch.setattr("components.tuner.tuner_fn.TaskTraining", lambda *a, **k: SimpleNamespace(records=records))
    with pytest.raises(
        UnknownMetricError, match=r"tune\.metric must be .*: loss, accuracy\. Received: 'f1'"
    ) as mistake:
        tuner.search(spec=POINTS, train=TrainOptions(), tune=options, reading={})
    assert mistake.value.exit_code == 2
    assert epochs == [1]


def test_the_search_is_over_the_config_s_space_by_what_transform_wrote(points, tmp_path, monkeypatch):
    asked = []

    def training(task, options, **reading):
        asked.append(reading)
        return Training(task, options, reading, losses=(1 / task.options.units,))

    monkeypatch.setattr("components.tuner.tuner_fn.TaskTraining", training)
    files = {"train_files": ["train/*"], "eval_files": ["eval/*"]}
    custom_config = {
        "task_spec": POINTS.model_dump_json(),
        "tune": {"space": {"options.units": {"kind": "choice", "values": [2, 3]}}, "algorithm": "grid"},
        "train": {},
        "seed": 1,
        "start": None,
    }
    places = {"working_dir": str(tmp_path), "transform_graph_path": points.transform_graph.uri}
    made = tuner_fn(FnArgs(**files, **places, custom_config=custom_config))
    made.tuner.search(**made.fit_kwargs)
    scores = {trial.hyperparameters.get("options.units"): trial.score for trial in made.tuner.oracle.get_best_trials(2)}
    assert scores == {3: pytest.approx(1 / 3), 2: 0.5}
    spec = points.transform_output.transformed_feature_spec()
    assert asked == 2 * [{**files, "feature_spec": spec, "seed": 1, "start": None}]
