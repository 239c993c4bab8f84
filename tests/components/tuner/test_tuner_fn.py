from types import SimpleNamespace

import keras_tuner
import pytest
from keras_tuner.engine.base_tuner import BaseTuner
from pydantic import ValidationError

from components.tuner.options import TuneOptions
from components.tuner.tuner_fn import HYPERBAND_EPOCHS, TaskTuner, UnknownMetricError, oracle
from tasks.loading import TaskSpec
from training.errors import DivergedError
from training.options import TrainOptions

SPACE = {
    "train.learning_rate": {"kind": "float", "min": 1e-4, "max": 1e-1, "log": True},
    "train.batch_size": {"kind": "int", "min": 16, "max": 32, "step": 16},
    "options.model.dropout": {"kind": "choice", "values": [0.0, 0.25]},
}
SPEC = TaskSpec(
    task="tasks.image_classification.ImageClassification",
    options={"source": {"kind": "digits"}, "height": 8, "width": 8},
)


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
        assert values["options.model.dropout"] in (0.0, 0.25)
    assert len({values["train.learning_rate"] for values in seen}) == 4


def test_a_grid_is_every_combination(trials):
    space = {key: SPACE[key] for key in ("train.batch_size", "options.model.dropout")}
    seen = trials(_options(algorithm="grid", space=space, trials=10))
    assert {tuple(values[key] for key in space) for values in seen} == {(16, 0.0), (16, 0.25), (32, 0.0), (32, 0.25)}


def test_hyperband_gives_the_better_ones_more_epochs(trials):
    seen = trials(_options(algorithm="hyperband"))
    by_epochs: dict[int, list[float]] = {}
    for values in seen:
        by_epochs.setdefault(values[HYPERBAND_EPOCHS], []).append(values["train.learning_rate"])
    assert sorted(by_epochs) == [1, 3, 9]
    assert len(by_epochs[1]) > len(by_epochs[9])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "float", "min": 1.0, "max": 1.0}, "min must be below max"),
        ({"kind": "float", "min": 0.0, "max": 1.0, "log": True}, "above 0 with log"),
        ({"kind": "int", "min": 2, "max": 1}, "Received: min=2, max=1"),
    ],
)
def test_a_range_that_is_none_is_refused(values, message):
    with pytest.raises(ValidationError, match=message):
        _options(space={"train.learning_rate": values})


def test_a_key_of_another_section_is_refused():
    with pytest.raises(ValidationError, match=r"must start with train\. or options\. Received: 'seed'"):
        _options(space={"seed": SPACE["train.batch_size"]})


def test_a_trial_that_diverges_fails_and_the_search_goes_on(tmp_path, monkeypatch):
    def diverge(*arguments, **options):
        raise DivergedError("nan")

    options = _options(algorithm="random")
    tuner = TaskTuner(oracle(options, epochs=3, seed=0), directory=str(tmp_path), project_name="trials")
    monkeypatch.setattr("components.tuner.tuner_fn.TaskTraining", lambda *a, **k: type("T", (), {"records": diverge})())
    trial = tuner.oracle.create_trial("tuner0")
    with pytest.raises(keras_tuner.errors.FailedTrialError, match="nan"):
        tuner.run_trial(trial, spec=SPEC, train=TrainOptions(), tune=options, reading={})


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
        tuner.search(spec=SPEC, train=TrainOptions(), tune=options, reading={})
    assert mistake.value.exit_code == 2
    assert epochs == [1]
