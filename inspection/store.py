"""Runs, nodes and artifacts as ML Metadata has them. Needs ml_metadata only: 0.3 seconds, no TensorFlow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml_metadata import errors
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2

from records.root import STORE_FILE

_STATES = {
    metadata_store_pb2.Execution.COMPLETE: "done",
    metadata_store_pb2.Execution.CACHED: "cached",
    metadata_store_pb2.Execution.FAILED: "failed",
    metadata_store_pb2.Execution.RUNNING: "running",
    metadata_store_pb2.Execution.NEW: "running",
    metadata_store_pb2.Execution.CANCELED: "interrupted",
}


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """One artifact; `properties` holds TFX's own and custom properties alike; `is_deleted`: its files are gone."""

    id: int
    type: str
    uri: str
    created_secs: float
    properties: Mapping[str, Any]
    is_deleted: bool = False


@dataclass(frozen=True, kw_only=True)
class NodeExecution:
    """One execution of one node in the run `run_id`; `inputs` and `outputs` are by channel name."""

    id: int
    run_id: str = ""
    pipeline: str = ""
    node: str
    state: str
    started_secs: float
    finished_secs: float
    inputs: Mapping[str, tuple[Artifact, ...]]
    outputs: Mapping[str, tuple[Artifact, ...]]
    properties: Mapping[str, Any]


class RunStore:
    """Reads the ML Metadata store of one root."""

    def __init__(self, root: Path) -> None:
        """Raises FileNotFoundError when the root holds no store."""
        path = root / STORE_FILE
        if not path.exists():
            raise FileNotFoundError(path)
        config = metadata_store_pb2.ConnectionConfig()
        config.sqlite.filename_uri = str(path)
        config.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE
        self.store = metadata_store.MetadataStore(config)

    def run_ids(self) -> list[str]:
        """The runs, oldest first."""
        contexts = self.store.get_contexts_by_type("pipeline_run")
        return [context.name for context in sorted(contexts, key=lambda context: context.create_time_since_epoch)]

    def run(self, run_id: str) -> list[NodeExecution]:
        """The executions of a run in the order in which they started; empty for an unknown run."""
        context = self.store.get_context_by_type_and_name("pipeline_run", run_id)
        return self._read(self.store.get_executions_by_context(context.id)) if context else []

    def artifacts(self, type_name: str) -> list[Artifact]:
        """All artifacts of a type, oldest first."""
        try:
            found = self.store.get_artifacts_by_type(type_name)
        except errors.NotFoundError:
            return []
        return sorted((_artifact(artifact) for artifact in found), key=lambda artifact: artifact.id)

    def producer(self, artifact_id: int) -> NodeExecution | None:
        """The execution that wrote an artifact (not one that took it from the cache)."""
        output = metadata_store_pb2.Event.OUTPUT
        writers = [e.execution_id for e in self.store.get_events_by_artifact_ids([artifact_id]) if e.type == output]
        executions = self.store.get_executions_by_id(sorted(writers))
        done = [e for e in executions if e.last_known_state == metadata_store_pb2.Execution.COMPLETE]
        return self._read(done[:1])[0] if done else None

    def artifact(self, artifact_id: int) -> Artifact | None:
        """The artifact of an id; None where there is none."""
        found = self.store.get_artifacts_by_id([artifact_id])
        return _artifact(found[0]) if found else None

    def executions_of(self, artifact_ids: Sequence[int]) -> list[NodeExecution]:
        """All executions that read or wrote one of some artifacts, those that took it from the cache too."""
        if not artifact_ids:
            return []
        ids = {event.execution_id for event in self.store.get_events_by_artifact_ids(artifact_ids)}
        return self._read(self.store.get_executions_by_id(sorted(ids)))

    def last_success(
        self, node: str, *, pipeline: str | None = None, before: int | None = None
    ) -> NodeExecution | None:
        """The newest execution of a node that was done or taken from the cache.

        Args:
          node: its name.
          pipeline: whose node; None is whichever pipeline of the root.
          before: id of an execution; None looks at all.
        """
        earlier = [e for e in self._successes(node, pipeline) if before is None or e.id < before]
        return self._read(earlier[-1:])[0] if earlier else None

    def successes(self, node: str, *, pipeline: str) -> list[NodeExecution]:
        """All executions of a pipeline's node that were done or taken from the cache, the oldest first."""
        return self._read(self._successes(node, pipeline))

    def _successes(self, node: str, pipeline: str | None) -> list[metadata_store_pb2.Execution]:
        names = [context.name.rpartition(".") for context in self.store.get_contexts_by_type("node")]
        named = [f"{of}.{name}" for of, _, name in names if name == node and pipeline in (None, of)]
        contexts = [self.store.get_context_by_type_and_name("node", name) for name in named]
        found = [execution for context in contexts for execution in self.store.get_executions_by_context(context.id)]
        done = (metadata_store_pb2.Execution.COMPLETE, metadata_store_pb2.Execution.CACHED)
        return sorted((e for e in found if e.last_known_state in done), key=lambda execution: execution.id)

    def _read(self, executions: Sequence[metadata_store_pb2.Execution]) -> list[NodeExecution]:
        """The executions with their artifacts, in the order in which they started."""
        if not executions:
            return []
        # All events at once, for it is the number of queries that takes the time.
        events = self.store.get_events_by_execution_ids([execution.id for execution in executions])
        found = self.store.get_artifacts_by_id(sorted({event.artifact_id for event in events}))
        artifacts = {artifact.id: _artifact(artifact) for artifact in found}
        channels: dict[tuple[int, int], dict[str, tuple[Artifact, ...]]] = {}
        for event in events:
            key = next(step.key for step in event.path.steps if step.HasField("key"))
            by_name = channels.setdefault((event.execution_id, event.type), {})
            by_name[key] = (*by_name.get(key, ()), artifacts[event.artifact_id])
        return [self._execution(e, channels) for e in sorted(executions, key=lambda execution: execution.id)]

    def _execution(
        self,
        execution: metadata_store_pb2.Execution,
        channels: Mapping[tuple[int, int], Mapping[str, tuple[Artifact, ...]]],
    ) -> NodeExecution:
        contexts = {context.type: context.name for context in self.store.get_contexts_by_execution(execution.id)}
        pipeline, _, node = contexts["node"].rpartition(".")
        return NodeExecution(
            id=execution.id,
            run_id=contexts["pipeline_run"],
            pipeline=pipeline,
            node=node,
            state=_STATES.get(execution.last_known_state, "unknown"),
            started_secs=execution.create_time_since_epoch / 1000,
            finished_secs=execution.last_update_time_since_epoch / 1000,
            inputs=channels.get((execution.id, metadata_store_pb2.Event.INPUT), {}),
            outputs=channels.get((execution.id, metadata_store_pb2.Event.OUTPUT), {}),
            properties=_values(execution.custom_properties) | _values(execution.properties),
        )


def _artifact(artifact: metadata_store_pb2.Artifact) -> Artifact:
    return Artifact(
        id=artifact.id,
        type=artifact.type,
        uri=artifact.uri,
        created_secs=artifact.create_time_since_epoch / 1000,
        properties=_values(artifact.custom_properties) | _values(artifact.properties),
        is_deleted=artifact.state == metadata_store_pb2.Artifact.DELETED,
    )


def _values(properties: Mapping[str, metadata_store_pb2.Value]) -> dict[str, Any]:
    return {name: getattr(value, value.WhichOneof("value")) for name, value in properties.items()}
