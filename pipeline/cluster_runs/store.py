"""ML Metadata of brought steps, as TFX's launcher on one machine would have written it."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as mlmd

from pipeline.cluster_runs.bring import ARTIFACTS
from pipeline.cluster_runs.layout import Task
from pipeline.cluster_runs.runs import BroughtRun
from records.root import STORE_FILE
from records.step_record import StepArtifact, StepRecord

_STATES = {"done": mlmd.Execution.COMPLETE, "interrupted": mlmd.Execution.CANCELED}


def write_store(root: Path, runs: Sequence[BroughtRun]) -> None:
    """Writes the store anew, whole or not at all.

    Args:
      root: with the artifacts that were brought.
      runs: the oldest first.
    """
    partial = root / f"{STORE_FILE}.partial"
    partial.unlink(missing_ok=True)
    times = _write(partial, root, runs)
    # The client lets nobody say when something was.
    with sqlite3.connect(partial) as connection:
        change = "UPDATE Execution SET create_time_since_epoch = ?, last_update_time_since_epoch = ? WHERE id = ?"
        connection.executemany(change, [(started, finished, each) for each, (started, finished) in times.items()])
        # An artifact is as old as the end of the execution that wrote it first.
        connection.execute(
            "UPDATE Artifact SET create_time_since_epoch = (SELECT MIN(e.last_update_time_since_epoch) "
            "FROM Execution e JOIN Event v ON v.execution_id = e.id WHERE v.artifact_id = Artifact.id)"
        )
    connection.close()
    partial.replace(root / STORE_FILE)


def _write(path: Path, root: Path, runs: Sequence[BroughtRun]) -> dict[int, tuple[int, int]]:
    """Gives {execution: when it started and ended, in milliseconds since the epoch}."""
    writer, times = _Writer(path, root), dict[int, tuple[int, int]]()
    for run in runs:
        begun = min(record.started_secs for record in run.steps.values())
        for task, record in run.cached.items():
            execution = writer.add(run, task, record, state=mlmd.Execution.CACHED)
            times[execution] = (round(begun * 1000), round(begun * 1000))
        for task, record in run.steps.items():
            execution = writer.add(run, task, record, state=_STATES.get(record.state, mlmd.Execution.FAILED))
            times[execution] = (round(record.started_secs * 1000), round(record.finished_secs * 1000))
    return times


class _Writer:
    def __init__(self, path: Path, root: Path) -> None:
        config = mlmd.ConnectionConfig()
        config.sqlite.filename_uri = str(path)
        config.sqlite.connection_mode = mlmd.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        self._store = metadata_store.MetadataStore(config)
        self._root = root
        self._artifacts: dict[str, int] = {}
        self._contexts: dict[tuple[str, str], mlmd.Context] = {}

    def add(self, run: BroughtRun, task: Task, record: StepRecord, *, state: int) -> int:
        """Adds an execution with its artifacts, events and contexts; gives its id."""
        kind = self._store.put_execution_type(mlmd.ExecutionType(name=task.node))
        execution = mlmd.Execution(type_id=kind, last_known_state=state)
        _set(execution.custom_properties, record.properties)
        pairs = []
        for direction, channels in ((mlmd.Event.INPUT, record.inputs), (mlmd.Event.OUTPUT, record.outputs)):
            for channel, artifacts in channels.items():
                for index, artifact in enumerate(artifacts):
                    event = mlmd.Event(type=direction)
                    event.path.steps.add(key=channel)
                    event.path.steps.add(index=index)
                    event.artifact_id = self._artifact(artifact, record, channel, task, direction)
                    pairs.append(event)
        contexts = [
            self._context("pipeline", run.compiled.pipeline),
            self._context("pipeline_run", run.run_id),
            self._context("node", f"{run.compiled.pipeline}.{task.node}"),
        ]
        [execution_id] = self._store.put_executions([execution])
        for event in pairs:
            event.execution_id = execution_id
        self._store.put_events(pairs)
        belongs = [mlmd.Association(execution_id=execution_id, context_id=each.id) for each in contexts]
        self._store.put_attributions_and_associations([], belongs)
        return execution_id

    def _artifact(self, artifact: StepArtifact, record: StepRecord, channel: str, task: Task, direction: int) -> int:
        if artifact.uri not in self._artifacts:
            here = self._root / ARTIFACTS / Path(*task.parts) / channel
            is_here = direction == mlmd.Event.OUTPUT and here.is_dir()
            kind = self._store.put_artifact_type(mlmd.ArtifactType(name=artifact.type))
            uri = str(here.resolve()) if is_here else artifact.uri
            written = mlmd.Artifact(type_id=kind, uri=uri, state=mlmd.Artifact.LIVE)
            _set(written.custom_properties, artifact.properties)
            [self._artifacts[artifact.uri]] = self._store.put_artifacts([written])
        return self._artifacts[artifact.uri]

    def _context(self, kind: str, name: str) -> mlmd.Context:
        if (kind, name) not in self._contexts:
            type_id = self._store.put_context_type(mlmd.ContextType(name=kind))
            [context_id] = self._store.put_contexts([mlmd.Context(type_id=type_id, name=name)])
            self._contexts[kind, name] = mlmd.Context(id=context_id)
        return self._contexts[kind, name]


def _set(properties: Any, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        match value:
            case bool() | int():
                properties[name].int_value = value
            # JSON of the backend's knows no whole numbers.
            case float() if value.is_integer():
                properties[name].int_value = int(value)
            case float():
                properties[name].double_value = value
            case str():
                properties[name].string_value = value
            case None:
                pass
            case _:
                properties[name].string_value = json.dumps(value)
