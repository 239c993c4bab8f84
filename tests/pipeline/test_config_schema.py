"""The config's JSON Schema, by an independent validator."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

import pipeline.config_schema
from pipeline.commands.config import command
from pipeline.config import PipelineConfig
from pipeline.config_schema import config_schema
from tasks.shipped import SHIPPED_TASKS

CONFIGS = sorted((Path(pipeline.__path__[0]) / "configs").glob("*.yaml"))
# Two tasks whose options hold different models of one name.
NAMESAKES = """
from tasks.base import TaskOptions
from tasks.image_classification import ImageClassification

def task(kind):
    class Source(TaskOptions):
        value: kind

    class Options(TaskOptions):
        source: Source

    return type(kind.__name__.title(), (ImageClassification,), {"Options": Options})

Int, Str = task(int), task(str)
"""


def _config(path: Path) -> dict:
    # By way of JSON, which has no dates.
    return json.loads(json.dumps(yaml.safe_load(path.read_text()), default=str))


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = config_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_it_knows_every_key_and_the_options_of_every_shipped_task(validator):
    definitions = validator.schema["$defs"]
    assert set(definitions["PipelineConfig"]["properties"]) == set(PipelineConfig.model_fields)
    assert set(definitions["PartialPipelineConfig"]["properties"]) == {"extends", *PipelineConfig.model_fields}
    tasks = [condition["if"]["properties"]["task"]["const"] for condition in validator.schema["else"]["allOf"]]
    assert tasks == list(SHIPPED_TASKS)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"push": {"stage": "canary"}},
        {"evaluate": {"slices": ["label"]}},
        {"task": SHIPPED_TASKS[0], "options": {"source": {"directory": "images"}, "model": {"dropout": 0.2}}},
        {"kubeflow": {"nodes": {"Trainer": {"cpu": "8"}}}, "start": None},
    ],
)
def test_a_config_that_extends_another_may_leave_out_what_that_has(validator, values):
    validator.validate({"extends": "base.yaml", **values})
    assert not validator.is_valid(values)


@pytest.mark.parametrize(
    "values",
    [
        {"trian": {}},
        {"train": {"epoch": 3}},
        {"train": {"epochs": 0}},
        {"extends": 3},
        {"push": {"stage": "prod"}},
        {"task": SHIPPED_TASKS[0], "options": {"model": {"kind": "resnett"}}},
        {"task": SHIPPED_TASKS[0], "options": {"sourc": {}}},
    ],
)
def test_what_is_wrong_is_wrong_in_a_config_that_extends_another_too(validator, values):
    assert not validator.is_valid({"extends": "base.yaml", **values})


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_a_whole_config_may_extend_another_one(validator, path):
    validator.validate({"extends": "base.yaml", **_config(path)})


def test_a_task_of_the_user_s_is_known_where_it_is_named(tmp_path, monkeypatch):
    (tmp_path / "named_task.py").write_text(NAMESAKES)
    monkeypatch.syspath_prepend(tmp_path)
    config = {"name": "mine", "task": "named_task.Int", "evaluate": {"gates": {"accuracy": {"min": 0.5}}}}
    own = jsonschema.Draft202012Validator(config_schema(["named_task.Int"]))
    own.validate({**config, "options": {"source": {"value": 1}}})
    assert not own.is_valid({**config, "options": {"source": {"value": "one"}}})


def test_the_command_takes_the_task_of_a_config_or_one_by_name(tmp_path, monkeypatch):
    (tmp_path / "config_task.py").write_text(NAMESAKES)
    (tmp_path / "base.yaml").write_text("task: config_task.Str\n")
    (tmp_path / "dev.yaml").write_text("extends: base.yaml\n")
    monkeypatch.chdir(tmp_path)
    for arguments in (["base.yaml"], ["dev.yaml"], ["--task", "config_task.Str"]):
        schema = json.loads(CliRunner().invoke(command, ["schema", *arguments], catch_exceptions=False).output)
        tasks = [condition["if"]["properties"]["task"]["const"] for condition in schema["else"]["allOf"]]
        assert tasks == [*SHIPPED_TASKS, "config_task.Str"]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_shipped_configs_keep_it(validator, path):
    validator.validate(_config(path))


@pytest.mark.parametrize("key", ["source", "options"])
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_an_unknown_option_breaks_it(validator, path, key):
    config = _config(path)
    {"options": config["options"], "source": config["options"]["source"]}[key]["no_such_option"] = 1
    with pytest.raises(jsonschema.ValidationError, match="no_such_option"):
        validator.validate(config)


def test_models_of_one_name_have_definitions_of_their_own(tmp_path, monkeypatch):
    (tmp_path / "namesakes.py").write_text(NAMESAKES)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(pipeline.config_schema, "SHIPPED_TASKS", ("namesakes.Int", "namesakes.Str"))
    validator = jsonschema.Draft202012Validator(config_schema())
    rest = {"name": "mine", "evaluate": {"gates": {"accuracy": {"min": 0.5}}}}
    for task, value in (("namesakes.Int", 1), ("namesakes.Str", "one")):
        validator.validate({**rest, "task": task, "options": {"source": {"value": value}}})
    for task, value in (("namesakes.Int", "one"), ("namesakes.Str", 1)):
        assert not validator.is_valid({**rest, "task": task, "options": {"source": {"value": value}}})
