"""`slipway inspect` on a small root."""

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner, Result
from ml_metadata.proto import metadata_store_pb2 as mlmd

from inspection.locate import RunNotFoundError
from pipeline.commands.inspect import command
from tests.inspection.root_writer import FIRST, FIRST_MODEL, SECOND, RootWriter

GATES = [
    {"gate": "data", "metric": "examples", "where": "split train", "value": 1323, "limit": ">= 1000", "passed": True},
    {"gate": "data", "metric": "examples", "where": "split eval", "value": 230, "limit": ">= 200", "passed": True},
    {"gate": "evaluation", "metric": "accuracy", "where": "", "value": 0.99184, "limit": ">= 1.01", "passed": False},
    FIRST_MODEL,
]


@pytest.fixture(autouse=True)
def no_columns(monkeypatch):
    """As without a terminal; where tests run in processes of their own, it is set."""
    monkeypatch.delenv("COLUMNS", raising=False)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def lines(*arguments: object) -> list[str]:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


@pytest.fixture
def refused(writer: RootWriter) -> RootWriter:
    """A run that the evaluation gate refused."""
    blessing = writer.artifact("ModelBlessing", "Evaluator/blessing/1", blessed=0)
    writer.execution("r", "Evaluator", mlmd.Execution.COMPLETE, {}, {"blessing": blessing})
    writer.execution("r", "Compressor", mlmd.Execution.FAILED, {}, {})
    writer.record(
        "r",
        state="refused",
        error="the evaluation gate.\n  accuracy must be >= 1.01. Received: 0.9918.\n  Nothing was pushed.",
        started_at="2026-01-03T00:00:00+00:00",
        total_secs=8.25,
        nodes=[
            {"name": "Evaluator", "state": "done", "cached": False, "secs": 4.0},
            {"name": "Compressor", "state": "refused", "cached": False, "secs": 0.0},
            {"name": "Pusher", "state": "pending", "cached": False, "secs": 0.0},
        ],
        metrics={"test_accuracy": 0.99184},
        intervals={"test_accuracy": [0.98, 0.9961]},
        pushes=[],
        gates=GATES,
    )
    return writer


def test_without_words_the_runs_are_listed_newest_last(root):
    heading, first, second = lines("--root", root)
    assert heading.split() == ["run", "started", "(UTC)", "state", "secs", "cached", "test", "metrics", "pushed"]
    shown = [FIRST, "2026-01-01", "00:00:00", "done", "5.0", "0/6", "accuracy", "0.875", "digits/1"]
    assert first.split() == shown
    assert (second.split()[0], second.split()[3:]) == (SECOND, ["interrupted", "1/2"])


@pytest.mark.parametrize("columns", ["80", "100"])
def test_no_run_id_is_cut_on_a_narrow_terminal(root, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    shown = lines("--root", root)
    assert [line.split()[0] for line in shown if line.startswith("2026")] == [FIRST, SECOND]
    assert "interrupted" in "\n".join(shown)
    assert "…" not in "\n".join(shown)


def test_a_root_without_runs_says_how_to_get_one(writer):
    assert lines("--root", writer.path) == [f"{writer.path} has no run yet. `slipway run` makes one."]


def test_a_run_shows_its_nodes_and_below_each_its_artifacts(root):
    shown = lines(FIRST, "--root", root)
    at = next(position for position, line in enumerate(shown) if line.startswith("ExampleGen"))
    assert shown[at].split()[1:4] == ["done", "0.5", "s"]
    assert "fingerprint ffffffffffff, code c0de" in shown[at]
    assert shown[at + 1].split() == ["#1", "examples", "Examples", "artifacts/ExampleGen/examples/1", "train/test"]
    assert "pushed registry/digits/1 as production" in shown


def test_a_killed_run_shows_what_ml_metadata_knows(root):
    shown = lines("latest", "--root", root)
    assert shown[0] == f"run {SECOND}  interrupted  killed before it wrote a record"
    assert shown[-1].split() == ["Trainer", "interrupted"]


def test_a_run_that_goes_on_is_not_called_killed(root):
    (root / ".lock.pid").write_text(str(os.getpid()))
    shown = lines("latest", "--root", root)
    assert shown[0] == f"run {SECOND}  running  its record is written when it ends"
    assert shown[-1].split() == ["Trainer", "running"]


def test_what_a_gate_missed_stands_before_the_count_of_what_was_kept(refused):
    shown = lines("r", "--root", refused.path)
    at = shown.index("gates  2 of 3 limits kept, 1 not applicable")
    assert shown[at + 1] == "  missed    evaluation: accuracy must be >= 1.01. Received: 0.9918."
    change = "accuracy against the baseline must be >= -0.02. Received: no baseline."
    assert shown[at + 2] == f"  n/a       evaluation: {change}"
    assert shown[at + 3] == "  kept      data 2"
    assert shown[at + 5 :] == ["refused: the evaluation gate.", "  Nothing was pushed."]


def test_where_a_metric_is_stands_behind_it(refused):
    assert "test accuracy 0.9918 (0.98 to 0.9961)" in lines("r", "--root", refused.path)


def test_what_was_kept_is_shown_with_what_it_may_be_by_chance(writer):
    gates = [
        {**GATES[0], "gate": "evaluation", "metric": "accuracy", "value": 0.5, "interval": [0.4, 0.6], "p_value": 0.25}
    ]
    writer.record("r", state="done", started_at="2026-01-03T00:00:00+00:00", total_secs=8.25, nodes=[], gates=gates)
    shown = lines("r", "--root", writer.path)
    assert (
        "  kept      evaluation: accuracy (split train) must be >= 1000. Received: 0.5 (0.4 to 0.6), p 0.25." in shown
    )


def test_findings_of_an_earlier_version_are_shown_alike(refused):
    shown = lines("r", "--root", refused.path)
    file = refused.path / "runs" / "r" / "summary.json"
    file.write_text(file.read_text().replace('"metric": ', '"figure": '))
    assert lines("r", "--root", refused.path) == shown


def test_a_label_that_the_run_moved_is_told(refused):
    push = {"version": 1, "stage": "production", "destination": str(refused.path / "registry" / "digits" / "1")}
    refused.record(
        "r",
        state="done",
        started_at="",
        total_secs=1.0,
        nodes=[],
        metrics={},
        gates=[],
        error=None,
        pushes=[{**push, "in_this_run": False, "moved_from": "candidate"}],
    )
    shown = lines("r", "--root", refused.path)
    assert "pushed by an earlier run: registry/digits/1, moved from candidate to production" in shown


def test_nodes_that_never_started_are_shown_as_such(refused):
    shown = lines("r", "--root", refused.path)
    assert ["Compressor", "refused", "0.0", "s"] in [line.split() for line in shown]
    assert ["Pusher", "pending"] in [line.split() for line in shown]


def test_lineage_is_a_tree_from_the_push_to_the_data(root):
    shown = lines("lineage", "digits/1", "--root", root)
    assert shown[0] == "digits/1  no longer in the registry  registry/digits/1"
    nodes = [line.lstrip("│ └├─").split()[0] for line in shown if "─" in line]
    assert nodes == ["Pusher", "Evaluator", "Trainer", "Transform", "DataGate", "ExampleGen"]
    [evaluator] = [line for line in shown if "── Evaluator" in line]
    assert f"Evaluator  blessed  execution 5 of {FIRST}, done" in evaluator
    assert "also took #1 Examples, #4 Model" in shown[shown.index(evaluator) + 2]
    assert shown[-1].strip() == "fingerprint ffffffffffff, code c0de"


def test_options_may_stand_before_the_words(root):
    assert lines("--root", root, "latest") == lines("latest", "--root", root)
    assert lines("--root", root, "lineage", "1") == lines("lineage", "1", "--root", root)


def test_everything_is_there_as_json(root):
    listed = json.loads(run("--json", "--root", root).output)
    assert [(each["run_id"], each["state"]) for each in listed] == [(FIRST, "done"), (SECOND, "interrupted")]
    one = json.loads(run("latest", "--json", "--root", root).output)
    assert (one["run_id"], one["executions"][1]["state"]) == (SECOND, "interrupted")
    traced = json.loads(run("lineage", "1", "--json", "--root", root).output)
    assert (traced["version"], traced["stage"]) == ("digits/1", None)
    assert [source["node"] for source in traced["lineage"]["sources"]] == ["Evaluator", "Trainer"]


@pytest.mark.parametrize("words", [["nothing"], ["2026"], ["lineage", "digits/7"]])
def test_what_is_not_there_is_wrong_usage(root, words):
    error = run(*words, "--root", root).exception
    assert isinstance(error, RunNotFoundError)
    assert error.exit_code == 2


@pytest.mark.parametrize("words", [["a", "b"], ["lineage"], ["--wrong"]])
def test_other_words_are_wrong_usage(root, words):
    assert run(*words, "--root", root).exit_code == 2


def test_help_documents_all_three(root):
    shown = "\n".join(lines("--help"))
    for words in ("RUN [--root DIR]", "lineage MODEL_VERSION [--root DIR]", "slipway inspect latest", "--json"):
        assert words in shown


def test_no_tensorflow_is_imported(root):
    script = (
        "import sys; from click.testing import CliRunner; from pipeline.commands.inspect import command\n"
        "for words in ([], ['latest'], ['lineage', '1']):\n"
        f"    assert CliRunner().invoke(command, [*words, '--root', {str(root)!r}]).exit_code == 0\n"
        "print(*(name for name in ('tensorflow', 'tfx', 'keras', 'apache_beam') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
