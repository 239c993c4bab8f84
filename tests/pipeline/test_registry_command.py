"""`slipway registry` on registries below a current directory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline.commands.registry import command
from pipeline.errors import UsageError
from serving.registry import Registry, RegistryError


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def push(directory: Path, pipeline: str, key: str, model: str = "digits", **options: object) -> Registry:
    saved_model = directory / "sources" / key
    saved_model.mkdir(parents=True, exist_ok=True)
    (saved_model / "saved_model.pb").write_bytes(b"x" * 1234)
    registry = Registry(directory / "output" / pipeline / "registry")
    registry.push(model, push_key=key, saved_model=saved_model, **options)
    return registry


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, catch_exceptions=True)


def test_list_shows_each_version_with_stage_metrics_and_bytes(directory):
    push(directory, "digits", "a", stage="production", metrics={"accuracy [test]": 0.98765})
    push(directory, "digits", "b", stage="production")
    lines = run("list").output.splitlines()
    assert lines[0].split() == ["model", "version", "stage", "created", "(UTC)", "metrics", "bytes"]
    assert lines[1].split()[:3] == ["digits", "1", "archived"]
    assert "accuracy [test] 0.9877" in lines[1]
    assert lines[2].split()[:3] == ["digits", "2", "production"]
    assert lines[2].endswith("1,234")


def test_list_names_the_registry_when_there_are_several(directory):
    push(directory, "digits", "a")
    push(directory, "faces", "b", model="faces")
    output = run("list").output
    assert "output/digits/registry" in output
    assert "output/faces/registry" in output
    assert "output/digits/registry" not in run("list", "faces").output


def test_the_registry_of_a_config_in_a_folder_here_is_found(directory, monkeypatch):
    push(directory / "project", "digits", "a")
    assert run("list").output.splitlines()[1].split()[:2] == ["digits", "1"]
    monkeypatch.chdir(directory / "project")
    assert run("list").output.splitlines()[1].split()[:2] == ["digits", "1"]


def test_list_as_json_has_everything(directory):
    registry = push(directory, "digits", "a", stage="canary", metrics={"auc": float("nan")}, lineage={"run_id": "r"})
    [listed] = json.loads(run("list", "--json").output)
    assert listed["model"] == "digits"
    assert listed["number"] == 1
    assert listed["stage"] == "canary"
    assert listed["metrics"] == {"auc": "NaN"}
    assert listed["lineage"] == {"run_id": "r"}
    assert Path(listed["path"]).resolve() == Path(registry.root / "digits" / "1").resolve()


def test_list_of_a_registry_without_a_push_says_so(directory):
    (directory / "output" / "digits" / "registry").mkdir(parents=True)
    assert run("list").output == "Nothing has been pushed yet.\n"
    assert json.loads(run("list", "--json").output) == []


def test_without_any_registry_the_message_says_where_it_looked_and_what_to_do(directory):
    error = run("list").exception
    assert isinstance(error, UsageError)
    assert str(directory) in str(error)
    assert "--registry DIR" in str(error)
    assert "slipway run" in str(error)


def test_a_registry_that_is_no_directory_is_wrong_usage(directory):
    error = run("list", "--registry", "nowhere").exception
    assert isinstance(error, UsageError)
    assert "Received: nowhere" in str(error)


def test_show_prints_metrics_lineage_and_history(directory):
    push(directory, "digits", "a", stage="canary", metrics={"accuracy": 0.98}, lineage={"run_id": "r-1"})
    run("label", "digits", "1", "production")
    output = run("show", "digits", "1").output
    assert "accuracy: 0.98" in output
    assert "run_id: r-1" in output
    assert "size_bytes: 1,234" in output
    assert output.splitlines()[-1].endswith("production (label)")
    assert json.loads(run("show", "digits", "1", "--json").output)["push_key"] == "a"


def test_label_prints_every_version_that_moved(directory):
    push(directory, "digits", "a", stage="production")
    push(directory, "digits", "b")
    result = run("label", "digits", "2", "production")
    assert result.output == "digits 1: production -> archived\ndigits 2: candidate -> production\n"
    assert run("label", "digits", "2", "production").output == "Nothing moved: it has that stage already.\n"


def test_production_is_retired_with_force_as_the_refusal_says(directory):
    push(directory, "digits", "a", stage="production")
    assert "retire it with --force" in str(run("label", "digits", "1", "archived").exception)
    assert run("label", "digits", "1", "archived", "--force").output == "digits 1: production -> archived\n"
    assert run("show", "digits", "1").output.splitlines()[-1].endswith("archived (force)")


def test_label_refuses_an_unknown_stage_with_the_known_ones(directory):
    push(directory, "digits", "a")
    result = run("label", "digits", "1", "prod")
    assert result.exit_code == 2
    assert "'candidate', 'canary', 'production', 'archived'" in result.output


def test_rollback_prints_what_moved(directory):
    push(directory, "digits", "a", stage="production")
    push(directory, "digits", "b", stage="production")
    assert run("rollback", "digits").output == "digits 1: archived -> production\ndigits 2: production -> archived\n"


def test_a_model_in_two_registries_needs_the_option(directory):
    push(directory, "digits", "a", stage="production")
    push(directory, "digits-copy", "b")
    error = run("rollback", "digits").exception
    assert isinstance(error, UsageError)
    assert "output/digits/registry and output/digits-copy/registry" in str(error)
    assert run("show", "digits", "1", "--registry", "output/digits-copy/registry").exit_code == 0


@pytest.mark.parametrize("pipelines", [["digits"], ["digits", "faces"]])
def test_an_unknown_model_is_answered_with_those_that_exist(directory, pipelines):
    for pipeline in pipelines:
        push(directory, pipeline, "a", model=pipeline)
    error = run("show", "digit", "1").exception
    assert isinstance(error, RegistryError)
    assert "Received: digit." in str(error)
    assert all(pipeline in str(error) for pipeline in pipelines)


def test_the_command_imports_neither_tensorflow_nor_tfx():
    script = "import sys, pipeline.commands.registry; sys.exit(bool({'tensorflow', 'tfx', 'rich'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2]).returncode == 0


def test_a_card_is_printed_as_it_is(directory):
    card = directory / "card.md"
    card.write_text("# digits\n\n| a |\n")
    push(directory, "digits", "a", extra={"model_card.md": card})
    push(directory, "digits", "b")
    result = CliRunner().invoke(command, ["card", "digits", "1"])
    assert (result.exit_code, result.output) == (0, "# digits\n\n| a |\n")
    with pytest.raises(RegistryError, match="digits 2, which was pushed before"):
        CliRunner().invoke(command, ["card", "digits", "2"], catch_exceptions=False)
