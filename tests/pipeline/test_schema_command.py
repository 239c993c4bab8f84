import pytest
import yaml
from click.testing import CliRunner

from data.errors import SourceNotFoundError
from data.schema.text import SchemaError, read_schema, schema_text
from pipeline.commands.schema import command
from pipeline.config import load_config, load_task
from pipeline.errors import ConfigError, UsageError


@pytest.fixture
def parcels(tmp_path):
    """A config of the task of tests.tasks.own_tabular, in a folder of its own."""
    path = tmp_path / "pipeline.yaml"
    config = {
        "name": "parcels",
        "task": "tests.tasks.own_tabular.Tabular",
        "evaluate": {"gates": {"accuracy": {"min": 0}}},
    }
    path.write_text(yaml.safe_dump(config))
    return path


def _run(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def curated(parcels):
    """The config, which names a schema beside it."""
    schema = load_task(load_config(parcels)).schema()
    (parcels.parent / "schema.pbtxt").write_text(schema_text(schema))
    parcels.write_text(parcels.read_text() + "schema_file: schema.pbtxt\n")
    return parcels


def test_what_is_inferred_can_be_named_by_the_config(parcels):
    file = parcels.parent / "schema.pbtxt"
    result = _run("infer", parcels, "--out", file)
    assert result.exit_code == 0
    assert "4 features of 80 train examples" in result.stderr
    assert "! colour: a domain of 3 values, what the data has" in result.stderr
    assert "! label: its values in the data make it a bool_domain" in result.stderr
    parcels.write_text(parcels.read_text() + "schema_file: schema.pbtxt\n")
    assert load_config(parcels).curated_schema() == schema_text(read_schema(str(file)))
    inferred = read_schema(str(file))
    assert list(inferred.default_environment) == ["TRAINING", "SERVING"]
    assert {f.name: list(f.not_in_environment) for f in inferred.feature if f.not_in_environment} == {
        "label": ["SERVING"]
    }


def test_a_file_that_is_there_is_not_written_over(curated):
    with pytest.raises(UsageError, match=r"--out must be a new file, .* Received: .*schema\.pbtxt"):
        _run("infer", curated, "--out", curated.parent / "schema.pbtxt")


def test_shows_what_a_config_holds_data_to(parcels):
    lines = _run("show", parcels).stdout.splitlines()
    assert lines[0].split() == ["feature", "type", "presence", "shape", "domain", "other"]
    assert lines[1].split() == ["colour", "BYTES", "in", "every", "example", "[1]"]


def test_shows_the_text_to_start_a_file_from(curated):
    assert _run("show", curated, "--text").stdout == (curated.parent / "schema.pbtxt").read_text()


def test_a_difference_is_exit_code_1(curated):
    file, other = curated.parent / "schema.pbtxt", curated.parent / "other.pbtxt"
    other.write_text(file.read_text().replace("FLOAT", "INT"))
    same, differs = _run("diff", curated, file), _run("diff", file, other)
    assert (same.exit_code, same.stdout) == (0, "")
    assert (differs.exit_code, differs.stdout) == (1, "weight: type: FLOAT → INT\n")


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("FLOAT", "INT", SchemaError, r"weight must have the type .*, FLOAT\. Received: INT in schema_file"),
        ('"place"', '"town"', SchemaError, r"Received: schema_file without place"),
    ],
)
def test_a_schema_that_does_not_fit_the_task_is_refused_with_the_config(curated, old, new, error, message):
    file = curated.parent / "schema.pbtxt"
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(error, match=message):
        load_config(curated)


def test_skew_needs_the_environment_that_requests_are_held_against(curated):
    file = curated.parent / "schema.pbtxt"
    file.write_text(file.read_text() + 'default_environment: "HERE"\n')
    with pytest.raises(ConfigError, match=r"environment SERVING\. Received: .* HERE\. Add SERVING"):
        load_config(curated, {"data_gate.skew.logs": "requests.jsonl"})


def test_logs_are_beside_the_config_that_names_them(curated):
    curated.write_text(curated.read_text() + "data_gate: {skew: {logs: requests.jsonl}}\n")
    config = load_config(curated)
    assert config.data_gate.skew.logs == str(curated.parent / "requests.jsonl")
    with pytest.raises(SourceNotFoundError, match="which is not there"):
        config.logs_fingerprint()


def test_a_schema_that_is_not_there_is_refused_with_the_config(curated):
    (curated.parent / "schema.pbtxt").unlink()
    with pytest.raises(SchemaError, match=r"must be a readable file\. Received: .*schema\.pbtxt"):
        load_config(curated)


def test_categories_of_the_curated_schema_have_no_mean(curated):
    file = curated.parent / "schema.pbtxt"
    asked = {"data_gate.max_mean.label": 0.5}
    load_config(curated, asked)
    file.write_text(file.read_text().replace('name: "label"', 'name: "label"\n  int_domain { is_categorical: true }'))
    with pytest.raises(ConfigError, match=r"max_mean must name numeric .* Received: label"):
        load_config(curated, asked)
