"""Which pushed versions are compared."""

import json

import pytest

from serving.registry import Registry
from studies.errors import StudyUsageError
from studies.pushed import find_version, newest_learners, trained_model

CAVIA = {"learner": "cavia", "inner_steps": 1, "context": "float32 [task, 5]"}


@pytest.fixture
def push(tmp_path):
    saved_model = tmp_path / "saved_model"
    saved_model.mkdir()
    (saved_model / "saved_model.pb").write_bytes(b"graph")
    registry = Registry(tmp_path / "registry")

    def pushed(model, metadata, stage="candidate"):
        (tmp_path / "metadata.json").write_text(json.dumps(metadata))
        key = f"{model} {len(registry.versions(model)) if model in registry.models() else 0}"
        bundle = {"metadata.json": tmp_path / "metadata.json"}
        registry.push(model, push_key=key, saved_model=saved_model, bundle=bundle, stage=stage)
        return tmp_path / "registry"

    return pushed


def _names(paths):
    return {f"{path.parent.name} {path.name}" for path in paths}


def test_each_learner_is_there_by_its_newest_version(push):
    push("curves", CAVIA)
    push("curves", CAVIA)
    push("curves", {**CAVIA, "context": "float32 [task, 2]"})
    push("curves", {"learner": "maml", "inner_steps": 1})
    registry = push("others", {"learner": "maml", "inner_steps": 1})
    assert _names(newest_learners(registry)) == {"curves 2", "curves 3", "curves 4", "others 1"}


def test_models_of_other_kinds_are_no_learners(push, tmp_path):
    assert newest_learners(push("digits", {"labels": 10})) == []
    assert newest_learners(tmp_path / "nowhere") == []


def test_the_version_in_production_is_found_unless_another_is_named(push):
    push("curves", CAVIA, stage="production")
    registry = push("curves", CAVIA)
    assert find_version(registry, "curves", None).name == "1"
    assert find_version(registry, "curves", 2).name == "2"


def test_without_one_in_production_a_version_must_be_named(push):
    registry = push("curves", CAVIA)
    with pytest.raises(StudyUsageError, match="A version must be at stage production, or its number be given"):
        find_version(registry, "curves", None)


def test_a_version_without_its_trained_model_is_refused(push):
    version = find_version(push("curves", CAVIA), "curves", 1)
    with pytest.raises(StudyUsageError, match=r"must hold its trained Keras model. Received: .*model\.keras"):
        trained_model(version)
