import json
from types import SimpleNamespace

import pytest
from etils import epath

from components.trainer.summaries import summaries
from training.errors import DivergedError
from training.options import TrainOptions
from training.records import StepsRecord
from training.summaries import ScalarSummaries


@pytest.fixture
def hooks(points, tmp_path):
    """A context of the hooks that a section `train.summaries` asks for."""

    def hooks(*, resume_step=0, **wanted):
        spec = points.transform_output.transformed_feature_spec()
        files = [f"{points.transformed_examples.uri}/Split-eval/*"]
        evaluation = points.task.batches(files, feature_spec=spec, batch_size=8)
        options = TrainOptions.model_validate({"summaries": wanted})
        return summaries(points.task, options, evaluation, epath.Path(tmp_path), resume_step=resume_step)

    return hooks


def _names(hooks) -> list[str]:
    return [type(hook).__name__ for hook in hooks]


def _steps(step: int) -> StepsRecord:
    return StepsRecord(step=step, means={"loss": 0.5}, learning_rate=0.01, examples_per_sec=100.0)


def test_with_tensorboard_there_are_scalars_options_the_graph_and_weights(hooks):
    with hooks() as made:
        assert _names(made) == ["ScalarSummaries", "HParamsSummary", "GraphSummary", "WeightSummaries"]


def test_without_tensorboard_there_are_scalars_alone(hooks, tmp_path):
    with hooks(tensorboard=False) as made:
        assert _names(made) == ["ScalarSummaries"]
    assert not (tmp_path / "tensorboard").exists()


def test_a_profile_is_written_where_it_is_asked_for(hooks):
    with hooks(tensorboard=False, profile_steps=(3, 2)) as made:
        assert _names(made) == ["ScalarSummaries", "ProfilerWindow"]


def _rows(folder) -> list[dict]:
    return [json.loads(line) for line in (folder / "steps.jsonl").read_text().splitlines()]


def test_scalars_are_in_the_file_of_steps_once_the_context_ends(hooks, tmp_path):
    with hooks(tensorboard=False, scalars_every_steps=10) as (scalars,):
        assert isinstance(scalars, ScalarSummaries)
        scalars.on_train_begin(SimpleNamespace(optimizer=SimpleNamespace(iterations=0)))
        for step in (5, 10, 15, 20):
            scalars.on_steps(_steps(step))
    assert [row["step"] for row in _rows(tmp_path)] == [10, 20]


def test_they_are_in_the_file_though_training_fails(hooks, tmp_path):
    def train():
        with hooks(tensorboard=False, scalars_every_steps=1) as (scalars,):
            scalars.on_steps(_steps(1))
            raise DivergedError("no longer a number")

    with pytest.raises(DivergedError):
        train()
    assert [row["step"] for row in _rows(tmp_path)] == [1]


def test_steps_behind_the_checkpoint_are_written_anew(hooks, tmp_path):
    for resume_step in (0, 2):
        with hooks(tensorboard=False, scalars_every_steps=1, resume_step=resume_step) as (scalars,):
            for step in range(resume_step + 1, 4):
                scalars.on_steps(_steps(step))
    assert [row["step"] for row in _rows(tmp_path)] == [1, 2, 3]


def test_hyperparameters_are_the_options_of_training_by_dotted_name(hooks, monkeypatch):
    seen = {}
    monkeypatch.setattr("components.trainer.summaries.HParamsSummary", lambda writer, values: seen.update(values))
    with hooks(samples_every_epochs=3):
        pass
    assert seen["schedule.kind"] == "cosine"
    assert seen["schedule.step_epochs"] == "[]"
    assert seen["patience"] == "null"
    assert not any(name.startswith("summaries") for name in seen)
