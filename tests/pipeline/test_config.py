import shutil
from pathlib import Path

import pytest
import yaml

from pipeline.config import PipelineConfig, load_config
from pipeline.config_schema import config_schema
from pipeline.errors import ConfigError, UsageError

DIGITS = Path(__file__).resolve().parents[2] / "pipeline" / "configs" / "digits.yaml"
TEMPLATES = DIGITS.parents[1] / "templates"


@pytest.fixture
def write(tmp_path):
    """Writes the digits config with one value replaced, by its dotted key."""

    def write(key: str, value: object) -> Path:
        config = yaml.safe_load(DIGITS.read_text())
        *parents, last = key.split(".")
        section = config
        for parent in parents:
            section = section.setdefault(parent, {})
        section[last] = value
        path = tmp_path / "pipeline.yaml"
        path.write_text(yaml.safe_dump(config))
        return path

    return write


@pytest.mark.parametrize("path", sorted(DIGITS.parent.glob("*.yaml")), ids=lambda path: path.name)
def test_shipped_configs_are_right(path):
    load_config(path)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("epochs", 3, r"epochs: no such key; .* Received: 3"),
        ("train.epoch", 3, r"train\.epoch: no such key"),
        ("train.epochs", "many", r"train\.epochs: .*integer.* Received: 'many'"),
        ("train.epochs", 0, r"train\.epochs: .*greater than or equal to 1. Received: 0"),
        (
            "train.schedule.warmup_epochs",
            40,
            r"warmup_epochs must be fewer than epochs. Received: warmup_epochs=40.0, epochs=40",
        ),
        ("options.height", 1, r"options\.height: .* Received: 1"),
        ("options.channels", 2, r"channels must be 1 or 3. Received: 2"),
        ("options.model.widths", [8, 8, 8, 8, 8], r"must have 16x16 pixels or more. Received: 8x8"),
        ("options.source.kind", "csv", r"options\.source: .*'csv'"),
        ("options.source.splits", {"train": 0.9, "eval": 0.2, "test": 0.1}, r"must add up to 1. Received: 1.2"),
        ("evaluate.gates", {}, r"evaluate\.gates: .*at least 1"),
        ("evaluate.gates", {"accuracy": {}}, r"needs one limit at least"),
        ("evaluate.gates", {"f1": {"min": 0.5}}, r"evaluate.gates must name metrics .* Received: 'f1'"),
        ("compress.gates", {"f1": {"min": 0.5}}, r"compress.gates must name metrics .* Received: 'f1'"),
        ("compress.variants", ["int8"], r"variants must hold float32.* Received: \['int8'\]"),
        ("compress.variants", ["float32", "int8", "int8"], r"each variant once"),
        (
            "compress.variants",
            ["float32", {"name": "student", "distil": {"student": {"options.height": 16}}}],
            r"student: distil.student must leave .* \{'height': 8\}. Received: \{'height': 16\}",
        ),
        ("name", "My Model", r"name: .* Received: 'My Model'"),
        ("task", "tasks.nothing.Here", r"task must be the dotted path of a class. Received: 'tasks.nothing.Here'"),
        ("kubeflow.default.pool", "tpu", r"nodes.default.pool must be one of node_pools \(gpu\). Received: 'tpu'"),
    ],
)
def test_mistakes_are_named(write, key, value, message):
    with pytest.raises(ValueError, match=message) as mistake:
        load_config(write(key, value))
    assert mistake.value.exit_code == 2


def test_all_mistakes_are_named_at_once(write):
    path = write("seed", -1)
    path.write_text(path.read_text().replace("batch_size", "batchsize"))
    with pytest.raises(ConfigError, match=r"(?s)batchsize: .*\(2 mistakes\)"):
        load_config(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [("a: [", "which is not"), ("- 1", "which holds list"), ("", "which holds NoneType")],
)
def test_what_is_no_mapping_is_refused(tmp_path, content, message):
    path = tmp_path / "pipeline.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=message):
        load_config(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"Received: .*none\.yaml \(No such file"):
        load_config(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("key", "values", "message"),
    [
        ("train.epoch", {"kind": "choice", "values": [1, 2]}, r"tune\.space, train\.epoch=1: .*epoch: no such key"),
        (
            "options.model.dropout",
            {"kind": "float", "min": 0.0, "max": 1.5},
            r"tune\.space, options\.model\.dropout=1\.5: .*less than 1\. Received: 1\.5",
        ),
        ("train.patience", {"kind": "int", "min": 0, "max": 3}, r"train\.patience=0: .*greater than or equal to 1"),
    ],
)
def test_a_hyperparameter_that_could_become_wrong_is_refused(write, key, values, message):
    with pytest.raises(ConfigError, match=message):
        load_config(write("tune", {"space": {key: values}}))


def test_a_config_does_not_change(write):
    config = load_config(write("seed", 1))
    with pytest.raises(ValueError, match="frozen"):
        config.seed = 2


def test_a_relative_directory_starts_at_the_config(write, tmp_path):
    path = write("options.source", {"kind": "image_folder", "directory": "images"})
    assert load_config(path).options["source"]["directory"] == str(tmp_path / "images")


def test_a_task_beside_the_config_is_found(tmp_path):
    for name in ("pipeline.yaml", "my_task.py"):
        shutil.copy(TEMPLATES / name, tmp_path)
    for folder in ("cat", "dog"):
        (tmp_path / "images" / folder).mkdir(parents=True)
    config = load_config(tmp_path / "pipeline.yaml")
    # The steps get the classes by name: they may run where the folders are not.
    assert config.task_spec().options["source"]["classes"] == ["cat", "dog"]


def test_the_schema_knows_every_key_and_the_tasks_options():
    schema = config_schema()
    assert set(schema["properties"]) == set(PipelineConfig.model_fields)
    assert schema["additionalProperties"] is False
    [condition] = schema["allOf"]
    assert condition["then"]["properties"]["options"]["$ref"] == "#/$defs/ImageClassificationOptions"
    references = _references(schema)
    assert {reference.removeprefix("#/$defs/") for reference in references} <= set(schema["$defs"])


def _references(node: object) -> set[str]:
    if isinstance(node, dict):
        here = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return here.union(*(_references(value) for value in node.values()))
    return set().union(*(_references(value) for value in node)) if isinstance(node, list) else set()


def test_usage_errors_end_with_two():
    assert ConfigError.exit_code == UsageError.exit_code == 2
