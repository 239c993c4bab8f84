import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from inspection.store import RunStore
from tests.inspection.root_writer import FIRST, SECOND


def test_a_directory_without_a_store_cannot_be_read(tmp_path):
    with pytest.raises(FileNotFoundError):
        RunStore(tmp_path)


def test_executions_come_as_they_started_with_run_node_and_state(root):
    found = RunStore(root).run(SECOND)
    assert [(e.id, e.run_id, e.node, e.state) for e in found] == [
        (7, SECOND, "ExampleGen", "cached"),
        (8, SECOND, "Trainer", "running"),
    ]


def test_artifacts_are_by_channel_on_the_side_where_they_were(root):
    trainer = RunStore(root).run(FIRST)[3]
    assert {name: [a.id for a in found] for name, found in trainer.inputs.items()} == {
        "examples": [1],
        "transform_graph": [3],
    }
    assert {name: [a.id for a in found] for name, found in trainer.outputs.items()} == {"model": [4]}


def test_artifacts_keep_type_place_and_properties(root):
    [examples] = RunStore(root).run(FIRST)[0].outputs["examples"]
    assert examples.type == "Examples"
    assert examples.uri == f"{root}/artifacts/ExampleGen/examples/1"
    assert examples.properties == {"split_names": '["train", "test"]'}


def test_unknown_runs_and_runs_without_executions_are_empty(writer):
    writer._context("pipeline_run", "empty")
    store = RunStore(writer.path)
    assert store.run_ids() == ["empty"]
    assert store.run("empty") == store.run("unknown") == []


def test_artifacts_of_a_type_are_oldest_first_and_none_of_an_unknown_type(writer):
    writer.artifact("Model", "a")
    writer.artifact("Examples", "b")
    writer.artifact("Model", "c")
    store = RunStore(writer.path)
    assert [artifact.id for artifact in store.artifacts("Model")] == [1, 3]
    assert store.artifacts("PushedModel") == []


def test_a_producer_is_who_wrote_it_not_who_took_it_from_the_cache(root):
    producer = RunStore(root).producer(1)
    assert (producer.id, producer.run_id, producer.state) == (1, FIRST, "done")


def test_what_only_a_failed_execution_wrote_has_no_producer(writer):
    model = writer.artifact("Model", "Trainer/model/1")
    writer.execution("r", "Trainer", mlmd.Execution.FAILED, {}, {"model": model})
    assert RunStore(writer.path).producer(model) is None


def test_the_last_success_is_of_the_node_and_before(root):
    store = RunStore(root)
    assert store.last_success("ExampleGen").run_id == SECOND
    assert store.last_success("ExampleGen", before=7).run_id == FIRST
    # The second one was killed.
    assert store.last_success("Trainer").run_id == FIRST
    assert store.last_success("Trainer", before=4) is None
    assert store.last_success("Tuner") is None
