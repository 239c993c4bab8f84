"""The config's JSON Schema, by an independent validator."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

import pipeline.config_schema
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
    assert set(validator.schema["properties"]) == set(PipelineConfig.model_fields)
    tasks = [condition["if"]["properties"]["task"]["const"] for condition in validator.schema["allOf"]]
    assert tasks == list(SHIPPED_TASKS)


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
