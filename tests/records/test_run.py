"""Run records, as runs write them and as earlier versions did."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.findings import Finding
from records.model_run import TrainingFacts
from records.push import Push
from records.root import run_directory
from records.run import (
    RECORD_FILE,
    NodeRecord,
    RunRecord,
    VariantRecord,
    read_run_outline,
    read_run_record,
    recorded_runs,
)
from records.variants import Choice

NUMBERS = st.floats(allow_nan=False)
RECORDS = st.builds(
    RunRecord,
    config=st.dictionaries(st.text(), st.integers()),
    versions=st.dictionaries(st.text(), st.text()),
    nodes=st.lists(st.builds(NodeRecord, secs=NUMBERS, executor_secs=NUMBERS), max_size=2),
    metrics=st.dictionaries(st.text(), NUMBERS),
    hyperparameters=st.dictionaries(st.text(), st.integers() | st.text()),
    training=st.none() | st.builds(TrainingFacts, examples_per_sec=NUMBERS),
    variants=st.lists(
        st.builds(
            VariantRecord,
            difference=NUMBERS,
            latency_p50_ms=NUMBERS,
            latency_p99_ms=NUMBERS,
            metric=st.none() | NUMBERS,
        ),
        max_size=2,
    ),
    choice=st.none() | st.builds(Choice),
    gates=st.lists(st.builds(Finding, value=st.text() | NUMBERS), max_size=2),
    pushes=st.lists(st.builds(Push), max_size=2),
    **dict.fromkeys(("total_secs", "startup_secs", "nodes_secs", "executor_secs", "orchestration_share"), NUMBERS),
)
# As version 0.1.0 wrote it, less most of the config: findings had figures.
EARLIER = """{
 "run_id": "20261124-104154-037", "pipeline": "digits", "state": "refused", "error": "the data gate.",
 "started_at": "2026-11-24T10:41:54+00:00", "config": {"name": "digits"}, "versions": {"tfx": "1.16.0"},
 "git_commit": null, "label_key": "label", "labels": ["0", "1"], "total_secs": 12.5, "nodes_secs": 11.0,
 "executor_secs": 10.0, "orchestration_share": 0.2,
 "nodes": [{"name": "ExampleGen", "upstream": [], "state": "done", "cached": false, "secs": 1.0, "executor_secs": 0.5}],
 "metrics": {"test_accuracy": 0.5}, "training": {},
 "variants": [{"name": "int8", "bytes": 12, "gzip_bytes": 9, "latency_p50_ms": 0.25, "latency_p99_ms": 0.5,
   "delegated": false, "metric": 0.75}],
 "choice": {},
 "gates": [{"gate": "data", "figure": "examples", "where": "split train", "value": 3, "limit": ">= 4",
   "passed": false}],
 "pushes": [{"destination": "/registry/digits/1", "version": 1, "stage": "production", "in_this_run": true}]
}"""


@settings(max_examples=30)
@given(record=RECORDS)
def test_a_record_survives_its_file(tmp_path_factory, record):
    directory = tmp_path_factory.mktemp("run")
    record.write(directory)
    assert read_run_record(directory) == record


def test_the_record_of_an_earlier_version_is_read(tmp_path):
    (tmp_path / RECORD_FILE).write_text(EARLIER)
    record = read_run_record(tmp_path)
    assert record is not None
    assert [str(finding) for finding in record.gates] == ["examples (split train) must be >= 4. Received: 3."]
    assert (record.key, record.from_node, record.training, record.choice) == ("", None, None, None)
    assert (record.nodes[0].reasons, record.hyperparameters) == ([], {})
    [variant], [push] = record.variants, record.pushes
    assert (variant.metric, variant.eval_metric, variant.left_out) == (0.75, None, False)
    assert (push.in_this_run, push.moved_from) == (True, None)


def test_a_run_that_was_killed_has_no_record(tmp_path):
    assert read_run_record(tmp_path) is None


def test_runs_are_found_by_their_records_oldest_first(tmp_path):
    for run_id in ("20260102-000000-000", "20260101-000000-000"):
        run_directory(tmp_path, run_id).mkdir(parents=True)
        RunRecord(run_id=run_id, pipeline="digits").write(run_directory(tmp_path, run_id))
    run_directory(tmp_path, "20260103-000000-000").mkdir()
    assert [path.name for path in recorded_runs(tmp_path)] == ["20260101-000000-000", "20260102-000000-000"]


def test_a_record_is_written_whole_or_not_at_all(tmp_path):
    RunRecord(run_id="r", pipeline="digits").write(tmp_path)
    with pytest.raises(TypeError):
        RunRecord(run_id="r", pipeline="digits", config={"no JSON": object()}).write(tmp_path)
    record = read_run_record(tmp_path)
    assert record is not None
    assert record.config == {}


def test_scripts_find_an_empty_object_where_nothing_was_trained_or_compressed(tmp_path):
    RunRecord(run_id="r", pipeline="digits").write(tmp_path)
    values = json.loads((tmp_path / RECORD_FILE).read_text())
    assert (values["training"], values["choice"], values["variants"]) == ({}, {}, [])


def test_what_is_repeated_is_an_earlier_run_s():
    first = RunRecord(
        run_id="first",
        pipeline="digits",
        nodes=[NodeRecord(name="Trainer", upstream=[], state="done", secs=9.0, reasons=["seed 1 -> 2"])],
        pushes=[Push(destination="/1", version=1, stage="canary", in_this_run=True, moved_from="candidate")],
    )
    second = first.repeat(run_id="second", started_at="2026-01-01T00:00:00+00:00", git_commit=None)
    assert (first.run_id, second.run_id) == ("first", "second")
    assert second.nodes == [NodeRecord(name="Trainer", upstream=[], state="cached", cached=True)]
    assert second.pushes == [Push(destination="/1", version=1, stage="canary")]


def test_orchestration_is_what_no_executor_took():
    record = RunRecord(run_id="r", pipeline="digits")
    record.add_times(startup_secs=1.0, nodes_secs=6.0, executor_secs=4.0, total_secs=8.0)
    assert (record.executor_secs, record.orchestration_share) == (4.0, 0.5)


def test_an_outline_is_the_record_without_its_longest_lists(tmp_path):
    record = RunRecord(run_id="r", pipeline="digits", metrics={"test_accuracy": 0.5})
    record.gates = [Finding(gate="data", metric="examples", where="", value=3, limit=">= 4", passed=False)]
    record.write(tmp_path)
    outline = read_run_outline(tmp_path)
    assert (outline.metrics, outline.gates) == ({"test_accuracy": 0.5}, [])
    assert read_run_outline(tmp_path / "none") is None
