"""What a record takes out of a run's artifacts."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from inspection.store import Artifact, NodeExecution
from pipeline.run_results import add_results
from records.findings import Finding, write_findings
from records.model_run import ModelFacts, TrainingFacts, write_model_facts
from records.push import Push, write_push
from records.run import NodeRecord, RunRecord
from records.shipment import Shipment, write_shipment
from records.variants import Choice, MeasuredVariant, write_choice, write_measurements
from tests.components.tfma_files import write_tfma_files

TRAINING = TrainingFacts(epochs=2, steps=9, best_epoch=1, examples_per_sec=10.0, bottleneck="compute", events=())
CHOICE = Choice(variant="int8", reason="the fewest bytes", front=("int8",))
PUSH = Push(destination="/registry/digits/1", version=1, stage="canary", in_this_run=True, moved_from="candidate")


@pytest.fixture
def record() -> RunRecord:
    return RunRecord(run_id="r", pipeline="digits", nodes=[NodeRecord(name="Pusher", upstream=[])])


def _execution(node: str, state: str = "done", **outputs: Path) -> NodeExecution:
    artifacts = {
        channel: (Artifact(id=1, type="", uri=str(path), created_secs=0, properties={}),)
        for channel, path in outputs.items()
    }
    return NodeExecution(
        id=1, node=node, state=state, started_secs=0, finished_secs=0, inputs={}, outputs=artifacts, properties={}
    )


def _compressor(place: Path, *names: str) -> NodeExecution:
    measured = {"bytes": 4, "gzip_bytes": 2, "latency_p50_ms": 0.5, "latency_p99_ms": 1.0, "delegated": True}
    write_measurements(str(place), [MeasuredVariant(name=name, **measured) for name in names])
    write_choice(str(place), CHOICE)
    return _execution("Compressor", variants=place)


def _edge_evaluator(
    place: Path, shipment: Shipment, accuracies: Mapping[str, float], *findings: Finding
) -> NodeExecution:
    write_shipment(str(place), shipment)
    write_findings(str(place), findings)
    write_tfma_files(place, {"": {(name, "accuracy"): value for name, value in accuracies.items()}})
    return _execution("EdgeEvaluator", evaluation=place)


def test_what_was_trained_is_taken_from_the_model_run(record, tmp_path):
    facts = ModelFacts(parameters=7, training=TRAINING, hyperparameters={"train.epochs": 2})
    write_model_facts(str(tmp_path), facts)
    add_results(record, [_execution("Trainer", model_run=tmp_path)], metric="accuracy")
    assert (record.metrics, record.training, record.hyperparameters) == (
        {"parameters": 7},
        TRAINING,
        {"train.epochs": 2},
    )


def test_a_node_that_failed_gave_nothing(record, tmp_path):
    add_results(record, [_execution("Trainer", "failed", model_run=tmp_path)], metric="accuracy")
    assert record.training is None


def test_before_a_gate_no_variant_is_left_out(record, tmp_path):
    add_results(record, [_compressor(tmp_path, "float32", "int8")], metric="accuracy")
    assert [(each.name, each.metric, each.left_out) for each in record.variants] == [
        ("float32", None, False),
        ("int8", None, False),
    ]
    assert record.choice == CHOICE


def test_a_variant_has_its_test_metric_and_whether_a_gate_left_it_out(record, tmp_path):
    shipment = Shipment(variants=("float32",), needed=("int4",))
    finding = Finding(gate="compression", metric="accuracy", where="int8", value=0.1, limit=">= 0.9", passed=False)
    executions = [
        _compressor(tmp_path / "variants", "float32", "int8", "int4"),
        _edge_evaluator(tmp_path / "edge", shipment, {"float32": 0.9, "int8": 0.1}, finding),
    ]
    add_results(record, executions, metric="accuracy")
    assert [(each.name, each.metric, each.left_out) for each in record.variants] == [
        ("float32", 0.9, False),
        ("int8", 0.1, True),
        # Without it nothing ships, and it is not left out of what does not ship.
        ("int4", None, False),
    ]
    assert record.gates == [finding]


def test_a_variant_that_was_evaluated_alone_has_the_metric_without_a_name(record, tmp_path):
    shipment = Shipment(variants=("float32",), needed=())
    executions = [
        _compressor(tmp_path / "variants", "float32"),
        _edge_evaluator(tmp_path / "edge", shipment, {"": 0.75}),
    ]
    add_results(record, executions, metric="accuracy")
    assert record.variants[0].metric == 0.75


@pytest.mark.parametrize(("cached", "in_this_run", "moved_from"), [(False, True, "candidate"), (True, False, None)])
def test_what_a_cached_pusher_wrote_an_earlier_run_did(record, tmp_path, cached, in_this_run, moved_from):
    write_push(str(tmp_path), PUSH)
    record.nodes[0].cached = cached
    add_results(record, [_execution("Pusher", pushed_model=tmp_path)], metric="accuracy")
    [push] = record.pushes
    assert (push.in_this_run, push.moved_from) == (in_this_run, moved_from)


def test_a_gate_that_raised_has_its_findings_from_the_refusal(record):
    missed = Finding(gate="data", metric="examples", where="split eval", value=3, limit=">= 4", passed=False)
    add_results(record, [], metric="accuracy", refused=[missed])
    assert record.gates == [missed]


def test_findings_that_an_artifact_has_are_not_added_twice(record, tmp_path):
    missed = Finding(gate="evaluation", metric="accuracy", where="", value=0.5, limit=">= 0.9", passed=False)
    write_findings(str(tmp_path), [missed])
    write_tfma_files(tmp_path, {"": {("candidate", "accuracy"): 0.5}})
    add_results(record, [_execution("Evaluator", evaluation=tmp_path)], metric="accuracy", refused=[missed])
    assert record.gates == [missed]
