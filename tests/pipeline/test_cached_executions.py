"""What is registered of a cached run, held against what TFX's launcher registers."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from ml_metadata.proto import metadata_store_pb2

from inspection.store import RunStore
from pipeline.cached_executions import are_outputs_there, register_cached
from pipeline.root import Root
from tests.pipeline.small_pipeline import run_small_pipeline


@pytest.fixture
def root(tmp_path) -> Root:
    """On which the pipeline has run once."""
    assert run_small_pipeline(Root(tmp_path), "first") == {"Number": "done", "Twice": "done"}
    return Root(tmp_path)


def _registered(root: Path, run_id: str) -> dict[str, Any]:
    """Everything that ML Metadata has of a run, but for what differs by itself: ids, names and times of executions."""
    store = RunStore(root).store
    run = store.get_context_by_type_and_name("pipeline_run", run_id)
    executions = sorted(store.get_executions_by_context(run.id), key=lambda execution: execution.id)
    return {
        "run": (run.type_id, run.properties, run.custom_properties),
        "parents": [(parent.type, parent.name) for parent in store.get_parent_contexts_by_context(run.id)],
        "contexts": {(context.type, context.name) for context in store.get_contexts() if context.name != run_id},
        "artifacts": [str(artifact) for artifact in store.get_artifacts()],
        "executions": [
            {
                "type": execution.type_id,
                "state": execution.last_known_state,
                "properties": dict(execution.properties),
                "custom_properties": dict(execution.custom_properties),
                "is_named": bool(execution.name),
                "contexts": {(each.type, each.name) for each in store.get_contexts_by_execution(execution.id)},
                "events": sorted(
                    (event.artifact_id, event.type, str(event.path), event.milliseconds_since_epoch > 0)
                    for event in store.get_events_by_execution_ids([execution.id])
                ),
            }
            for execution in executions
        ],
    }


@pytest.mark.parametrize("earlier", ["first", "second"])
def test_a_cached_run_is_registered_as_tfx_does_it(root, tmp_path_factory, earlier):
    """After a run that ran its nodes, and after one that took them from the cache; on two copies of one store."""
    if earlier == "second":
        run_small_pipeline(root, "second")
    by_tfx = tmp_path_factory.mktemp("by_tfx")
    shutil.copy(root.metadata, by_tfx)
    register_cached(RunStore(root.path).store, "again", earlier=earlier)
    ours = _registered(root.path, "again")
    shutil.copy(by_tfx / root.metadata.name, root.metadata)
    assert run_small_pipeline(root, "again") == {"Number": "cached", "Twice": "cached"}
    assert ours == _registered(root.path, "again")


def test_tfx_goes_on_from_a_run_that_is_registered_so(root):
    register_cached(RunStore(root.path).store, "again", earlier="first")
    assert run_small_pipeline(root, "third") == {"Number": "cached", "Twice": "cached"}
    runs = {run_id: RunStore(root.path).run(run_id) for run_id in ("first", "again", "third")}
    assert [execution.state for execution in runs["again"]] == ["cached", "cached"]
    assert runs["first"][1].outputs == runs["again"][1].outputs == runs["third"][1].outputs


def test_outputs_that_were_removed_are_not_there(root):
    store = RunStore(root.path)
    assert are_outputs_there(store.store, "first")
    shutil.rmtree(store.run("first")[0].outputs["number"][0].uri)
    assert not are_outputs_there(store.store, "first")


def test_outputs_that_are_not_whole_are_not_there(root):
    store = RunStore(root.path).store
    [artifact, *_] = store.get_artifacts()
    artifact.state = metadata_store_pb2.Artifact.ABANDONED
    store.put_artifacts([artifact])
    assert not are_outputs_there(store, "first")
