import io
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from pipeline.root import Root
from pipeline.run_summary import print_summary
from records.findings import Finding
from records.push import Push
from records.run import NodeRecord, RunRecord, VariantRecord
from records.variants import Choice
from serving.registry import Registry

FLOAT32 = VariantRecord(
    name="float32",
    bytes=1234567,
    gzip_bytes=1000,
    metric=0.5,
    latency_p50_ms=0.25,
    latency_p99_ms=1.5,
    delegated=True,
)


@pytest.fixture
def record() -> RunRecord:
    finding = {"gate": "data", "metric": "examples", "where": "", "value": 3, "limit": ">= 4"}
    return RunRecord(
        run_id="r1",
        pipeline="digits",
        total_secs=100.0,
        startup_secs=12.0,
        nodes_secs=85.0,
        executor_secs=80.0,
        nodes=[NodeRecord(name="Trainer", upstream=[]), NodeRecord(name="Pusher", upstream=["Trainer"], cached=True)],
        metrics={"test_accuracy": 0.98765, "parameters": 99672},
        variants=[FLOAT32],
        choice=Choice(variant="float32", reason="the best metric", front=("float32",)),
        gates=[
            Finding(**finding, passed=False),
            Finding(**finding, passed=True),
            Finding(**finding, passed=True, applies=False),
        ],
    )


def _push(destination: object, **changes: Any) -> Push:
    """Of a version that an earlier run made."""
    return Push(destination=str(destination), version=1, stage="production", **changes)


def _printed(record: RunRecord, root: Root) -> str:
    console = Console(file=io.StringIO(), width=100)
    print_summary(console, record, root, metric="accuracy")
    return console.file.getvalue()


def test_a_variant_that_was_left_out_is_told_with_the_limit_that_it_missed(record, tmp_path):
    finding = {"gate": "compression", "metric": "accuracy", "where": "int8", "value": 0.7, "limit": ">= 0.9"}
    record.variants = [FLOAT32, replace(FLOAT32, name="int8", left_out=True)]
    record.gates = [Finding(**finding, passed=False, variant="int8", stops=False)]
    printed = _printed(record, Root(tmp_path))
    assert "TFLite variants (in brackets: left out)" in printed
    assert "│ (int8)" in printed
    assert "│ float32" in printed
    assert "left out       accuracy (int8) must be >= 0.9. Received: 0.7." in printed


def test_figures_times_and_the_next_step(record, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    printed = _printed(record, Root(tmp_path / "output" / "digits"))
    assert "1,234,567" in printed
    assert "0.9877  (99,672 parameters)" in printed
    assert "1 of 2 limits kept, 1 not applicable" in printed
    assert "float32: the best metric" in printed
    times = "start-up (imports, config, cache keys) 12.0 s, executors 80.0 s, launcher and ML Metadata 5.0 s"
    assert f"100.0 s: {times}, reading results 3.0 s; 1 of 2 nodes from the cache" in printed
    assert "slipway report r1 --root output/digits\n" in printed


def test_times_that_are_nothing_are_left_out(record, tmp_path):
    record.startup_secs, record.nodes_secs, record.executor_secs, record.total_secs = 1.5, 0.2, 0.0, 1.72
    assert "1.7 s: start-up (imports, config, cache keys) 1.5 s, launcher and ML Metadata 0.2 s; 1 of 2 nodes" in (
        _printed(record, Root(tmp_path))
    )


def test_a_model_pushed_before_is_said_to_be_what_it_is_now(record, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "saved_model.pb").write_bytes(b"model")
    registry = Registry(tmp_path / "registry")
    for key in ("first", "second"):
        version = registry.push(
            "digits",
            push_key=key,
            saved_model=tmp_path / "model",
            bundle={},
            metrics={},
            lineage={},
            stage="production",
        )
    record.pushes = [_push(registry.path(version).parent / "1")]
    assert "version 1 by an earlier run, now archived" in _printed(record, Root(tmp_path))


def test_a_version_that_is_gone_is_said_to_be_gone(record, tmp_path):
    destination = str(tmp_path / "registry" / "digits" / "1")
    record.pushes = [_push(destination)]
    assert "the registry no longer has it" in _printed(record, Root(tmp_path))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"in_this_run": True}, "version 1 as production: "),
        ({"moved_from": "candidate"}, "version 1 by an earlier run, moved from candidate to production: "),
    ],
)
def test_what_this_run_did_to_the_registry_is_said(record, tmp_path, changes, words):
    record.pushes = [_push(tmp_path / "registry" / "digits" / "1", **changes)]
    assert words in _printed(record, Root(tmp_path))
