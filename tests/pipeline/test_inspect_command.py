import json

import pytest
from click.testing import CliRunner

from inspection.locate import RunNotFoundError
from pipeline.commands.inspect import command
from tests.inspection.conftest import FIRST, SECOND, root, writer

__all__ = ["root", "writer"]


@pytest.fixture
def inspect(root, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")

    def inspect(*arguments: str) -> str:
        result = CliRunner().invoke(command, [*arguments, "--root", str(root)], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    return inspect


def test_without_words_it_lists_the_runs(inspect):
    first, second = inspect().splitlines()[1:]
    assert first.split()[0] == FIRST
    assert "done" in first
    assert "0/3" in first
    assert "accuracy 0.8750" in first
    assert "version 1" in first
    assert "interrupted" in second


def test_a_run_shows_its_nodes_and_artifacts(inspect):
    shown = inspect("20260101")
    assert "artifacts/Trainer/model/2" in shown
    assert "2.5" in shown
    assert "interrupted" in inspect("latest").splitlines()[-1]


def test_lineage_is_a_tree_down_to_the_data(inspect):
    lines = inspect("lineage", "digits/1").splitlines()
    assert lines[0].startswith("digits/1  no longer in the registry")
    assert [line.strip("└─ ").split()[0] for line in lines[1:]] == ["Pusher", "Trainer", "ExampleGen"]


def test_everything_is_there_as_json(inspect):
    assert [run["run_id"] for run in json.loads(inspect("--json"))] == [FIRST, SECOND]
    assert json.loads(inspect("latest", "--json"))["state"] == "interrupted"
    assert json.loads(inspect("lineage", "1", "--json"))["sources"][0]["node"] == "Trainer"


def test_an_unknown_run_is_wrong_usage(root):
    result = CliRunner().invoke(command, ["nothing", "--root", str(root)])
    assert isinstance(result.exception, RunNotFoundError)
