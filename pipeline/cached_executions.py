"""A run's executions registered once more, as taken from the cache.

As TFX's launcher does it for each node, by ML Metadata's client alone: TFX imports TensorFlow, which takes seconds.
"""

import uuid

from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2

from records.stores import path_at

RUN = "pipeline_run"


def are_outputs_there(store: metadata_store.MetadataStore, run_id: str) -> bool:
    """Whether TFX would take them from the cache: all are whole, and none was removed from the disk.

    Args:
      store: has the run.
      run_id: whose executions made the outputs or took them from the cache.
    """
    events = store.get_events_by_execution_ids([execution.id for execution in _executions(store, run_id)])
    made = {event.artifact_id for event in events if event.type == metadata_store_pb2.Event.OUTPUT}
    return all(
        artifact.state == metadata_store_pb2.Artifact.LIVE and artifact.uri and path_at(artifact.uri).exists()
        for artifact in store.get_artifacts_by_id(sorted(made))
    )


def register_cached(store: metadata_store.MetadataStore, run_id: str, *, earlier: str) -> None:
    """Registers a run all of whose nodes take the outputs of another run's.

    Args:
      store: has the earlier run.
      run_id: id of the new run.
      earlier: id of the run that has the outputs.
    """
    before = store.get_context_by_type_and_name(RUN, earlier)
    run = metadata_store_pb2.Context(type_id=before.type_id, name=run_id)
    [run.id] = store.put_contexts([run])
    parents = store.get_parent_contexts_by_context(before.id)
    store.put_parent_contexts(
        [metadata_store_pb2.ParentContext(parent_id=parent.id, child_id=run.id) for parent in parents]
    )
    for execution in _executions(store, earlier):
        others = [context for context in store.get_contexts_by_execution(execution.id) if context.id != before.id]
        events = store.get_events_by_execution_ids([execution.id])
        for event in events:
            event.ClearField("execution_id")
            event.ClearField("milliseconds_since_epoch")
        cached = metadata_store_pb2.Execution(
            type_id=execution.type_id,
            name=str(uuid.uuid4()),
            last_known_state=metadata_store_pb2.Execution.CACHED,
            properties=execution.properties,
            custom_properties=execution.custom_properties,
        )
        store.put_lineage_subgraph([cached], [], [*others, run], [(0, None, event) for event in events])


def _executions(store: metadata_store.MetadataStore, run_id: str) -> list[metadata_store_pb2.Execution]:
    """The executions of a run, in the order in which they started."""
    context = store.get_context_by_type_and_name(RUN, run_id)
    return sorted(store.get_executions_by_context(context.id), key=lambda execution: execution.id)
