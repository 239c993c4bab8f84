"""Which pushed versions are compared."""

import importlib
import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

import pipeline
from pipeline.errors import ConfigError, UsageError
from pipeline.pushed import find_version, newest_learners
from serving.registry import Registry

CONFIGS = {
    "backtest": Path(pipeline.__path__[0]) / "configs" / "co2.yaml",
    "episodes": Path(pipeline.__path__[0]) / "configs" / "sinusoid.yaml",
}
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
    with pytest.raises(UsageError, match="A version must be at stage production, or its number be given"):
        find_version(registry, "curves", None)


@pytest.mark.parametrize("command", ["backtest", "episodes"])
def test_the_address_of_a_registry_reaches_it_as_it_is(command, tmp_path):
    """The registry refuses this one; had its slashes been folded, it would be an empty folder of this machine."""
    config = yaml.safe_load(CONFIGS[command].read_text())
    (tmp_path / "pipeline.yaml").write_text(yaml.safe_dump({**config, "push": {"registry": "hdfs://host/registry"}}))
    invoked = importlib.import_module(f"pipeline.commands.{command}").command
    error = CliRunner().invoke(invoked, [str(tmp_path / "pipeline.yaml"), "--root", str(tmp_path)]).exception
    assert isinstance(error, ConfigError)
    assert "Received: hdfs://host/registry." in str(error)
