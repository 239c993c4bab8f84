"""Which version Baseline copies for a new model of Points to be compared with."""

from pathlib import Path

import pytest
from tfx.types import standard_artifacts

from components.baseline.executor import copy_production, has_model
from records.model_run import write_model_facts
from serving.registry import Registry
from tests.components.model_facts import model_facts
from tests.components.points import SPEC


@pytest.fixture
def push(points, tmp_path):
    """Pushes a version: Points' own SavedModel, or the directory given."""

    def push(stage, *, saved_model=None, key="1"):
        exported = saved_model or Path(points.model.uri) / "Format-Serving"
        Registry(tmp_path / "registry").push("points", push_key=key, saved_model=exported, stage=stage)

    return push


@pytest.fixture
def baseline(points, tmp_path):
    """Baseline's artifact for the model of Points, or for a task whose options Tuner found."""

    def baseline(hyperparameters=None):
        made, model_run = standard_artifacts.Model(), standard_artifacts.ModelRun()
        made.uri, model_run.uri = str(tmp_path / "baseline"), str(tmp_path / "run")
        write_model_facts(model_run.uri, model_facts(hyperparameters))
        copy_production(
            model=points.model,
            model_run=model_run,
            task_spec=SPEC.model_dump_json(),
            registry=str(tmp_path / "registry"),
            model_name="points",
            baseline=made,
        )
        return made

    return baseline


def test_the_version_in_production_is_copied(push, baseline, points, tmp_path):
    push("production")
    made = baseline()
    assert made.get_int_custom_property("registry_version") == 1
    copied = tmp_path / "baseline" / "Format-Serving" / "saved_model.pb"
    assert copied.read_bytes() == (Path(points.model.uri) / "Format-Serving" / "saved_model.pb").read_bytes()


def test_the_newest_production_is_the_baseline(push, baseline):
    push("production")
    push("production", key="2")
    assert baseline().get_int_custom_property("registry_version") == 2


def test_a_version_of_another_stage_is_none(push, baseline):
    push("candidate")
    made = baseline()
    assert made.get_int_custom_property("registry_version") == 0
    assert not has_model(made)


def test_without_a_registry_there_is_none(baseline):
    made = baseline()
    assert not has_model(made)
    assert made.get_string_custom_property("incomparable") == ""


def test_a_production_that_cannot_be_read_is_told_and_not_copied(push, baseline, tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "saved_model.pb").write_bytes(b"graph")
    push("production", saved_model=tmp_path / "broken")
    made = baseline()
    assert made.get_string_custom_property("incomparable").startswith("production's SavedModel: ")
    assert not has_model(made)


def test_the_new_model_is_of_the_task_as_tuner_left_it(push, baseline, tmp_path):
    push("production")
    bundle = tmp_path / "registry" / "points" / "1" / "tflite"
    bundle.mkdir()
    (bundle / "metadata.json").write_text('{"labels": ["left", "right"]}')
    made = baseline({"options.is_named": False})
    assert made.get_string_custom_property("incomparable") == "classes left, right → none"
