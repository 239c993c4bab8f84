"""When a run is taken for a repetition of the last, and how it is recorded."""

import io
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from inspection.store import RunStore
from pipeline.config import load_config
from pipeline.repeated_run import RepeatedRun, unchanged_run
from pipeline.root import Root
from records.findings import Finding
from records.push import Push
from records.run import NodeRecord, RunRecord, read_run_record
from tests.pipeline.small_pipeline import run_small_pipeline

DIGITS = Path(__file__).resolve().parents[2] / "pipeline" / "configs" / "digits.yaml"
CONFIG = load_config(DIGITS)


@pytest.fixture
def root(tmp_path) -> Root:
    """On which the pipeline has run once and left its record."""
    run_small_pipeline(Root(tmp_path), "20260101-000000-000")
    _write(Root(tmp_path), "20260101-000000-000")
    return Root(tmp_path)


def _write(root: Root, run_id: str, **changes: Any) -> None:
    nodes = [
        NodeRecord(name="Number", upstream=[], state="done", secs=2.0, executor_secs=1.0, reasons=["seed 1 -> 2"]),
        NodeRecord(name="Twice", upstream=["Number"], state="cached", cached=True),
    ]
    destination = str(root.path / "registry" / "digits" / "1")
    push = Push(destination=destination, version=1, stage="production", in_this_run=True, moved_from="canary")
    finding = Finding(gate="data", metric="examples", where="", value=5, limit=">= 4", passed=True)
    record = {
        "run_id": run_id,
        "key": "key",
        "pipeline": "digits",
        "state": "done",
        "nodes": nodes,
        "gates": [finding],
        "pushes": [push],
        "metrics": {"test_accuracy": 0.5, "parameters": 7},
        "total_secs": 9.0,
    }
    root.run(run_id).mkdir(parents=True)
    RunRecord(**{**record, **changes}).write(root.run(run_id))


def test_the_last_run_with_the_key_is_repeated(root):
    assert unchanged_run(CONFIG, root, key="key").run_id == "20260101-000000-000"


def test_another_key_is_no_repetition(root):
    assert unchanged_run(CONFIG, root, key="another") is None


def test_nothing_is_repeated_on_a_new_root(tmp_path):
    assert unchanged_run(CONFIG, Root(tmp_path), key="key") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "failed"},
        {"key": ""},
        {"nodes": [NodeRecord(name="Number", upstream=[], state="done"), NodeRecord(name="Twice", upstream=[])]},
    ],
)
def test_a_run_that_did_not_go_to_its_end_is_not_repeated(root, changes):
    run_small_pipeline(root, "20260101-000001-000")
    _write(root, "20260101-000001-000", **changes)
    assert unchanged_run(CONFIG, root, key="key") is None


def test_only_the_last_run_is_repeated(root):
    """Which was killed here, before it could write its record."""
    run_small_pipeline(root, "20260101-000001-000", value=4)
    assert unchanged_run(CONFIG, root, key="key") is None


def test_a_run_whose_outputs_are_gone_is_not_repeated(root):
    shutil.rmtree(root.artifacts / "Twice")
    assert unchanged_run(CONFIG, root, key="key") is None


def test_a_repetition_is_recorded_with_what_the_earlier_run_came_to(root):
    console = Console(file=io.StringIO(), width=100)
    run_id = "20260101-000002-000"
    root.run(run_id).mkdir()
    earlier = unchanged_run(CONFIG, root, key="key")
    common = {"config": CONFIG, "config_path": DIGITS, "root": root, "run_id": run_id, "console": console}
    RepeatedRun(earlier, **common, start_secs=0.0).run()
    record = read_run_record(root.run(run_id))
    for result in ("key", "metrics", "gates", "config", "versions", "state"):
        assert getattr(record, result) == getattr(earlier, result)
    assert [(node.name, node.state, node.cached, node.reasons) for node in record.nodes] == [
        ("Number", "cached", True, []),
        ("Twice", "cached", True, []),
    ]
    assert record.executor_secs == 0
    # An earlier run pushed it.
    assert record.pushes == [replace(earlier.pushes[0], in_this_run=False, moved_from=None)]
    assert [execution.state for execution in RunStore(root.path).run(run_id)] == ["cached", "cached"]
    assert "2 of 2 nodes from the cache" in console.file.getvalue()
    # And is what the next is held against.
    assert unchanged_run(CONFIG, root, key="key").run_id == run_id
