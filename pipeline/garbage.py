"""Artifacts that no kept run and no registered model needs. Needs ml_metadata only, no TensorFlow."""

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2

from pipeline.cached_executions import RUN
from records.properties import PUSHED_DESTINATION
from records.stores import is_uri

_INPUTS = (
    metadata_store_pb2.Event.INPUT,
    metadata_store_pb2.Event.DECLARED_INPUT,
    metadata_store_pb2.Event.INTERNAL_INPUT,
)


def needed_artifacts(
    store: metadata_store.MetadataStore, *, keep_runs: Sequence[str], is_there: Callable[[str], bool]
) -> set[int]:
    """Ids of what must stay: what kept runs read or wrote, and each registered model, with all that these were made of.

    Args:
      store: of the root.
      keep_runs: ids of runs.
      is_there: whether the directory of a pushed version still exists.
    """
    executions = [execution.id for execution in store.get_executions()]
    events = store.get_events_by_execution_ids(executions) if executions else []
    read: dict[int, set[int]] = {}
    makers: dict[int, set[int]] = {}
    of_execution: dict[int, set[int]] = {}
    for event in events:
        of_execution.setdefault(event.execution_id, set()).add(event.artifact_id)
        if event.type in _INPUTS:
            read.setdefault(event.execution_id, set()).add(event.artifact_id)
        else:
            makers.setdefault(event.artifact_id, set()).add(event.execution_id)
    waiting = {
        artifact.id
        for artifact in store.get_artifacts()
        if (version := artifact.custom_properties[PUSHED_DESTINATION].string_value) and is_there(version)
    }
    for run in keep_runs:
        context = store.get_context_by_type_and_name(RUN, run)
        for execution in store.get_executions_by_context(context.id) if context else ():
            waiting |= of_execution.get(execution.id, set())
    needed: set[int] = set()
    while waiting:
        needed.add(artifact := waiting.pop())
        made_of = (read.get(execution, set()) for execution in makers.get(artifact, ()))
        waiting |= set().union(*made_of) - needed
    return needed


def find_garbage(
    store: metadata_store.MetadataStore, needed: set[int], *, below: Path
) -> list[metadata_store_pb2.Artifact]:
    """The artifacts that may go: whole directories inside `below`, none of which holds, or lies in, one that is needed.

    Args:
      store: of the root.
      needed: ids of what must stay.
      below: the root's folder of artifacts; what lies elsewhere is nobody's to remove.
    """
    artifacts = store.get_artifacts()
    folder = below.resolve()
    kept = [_path(artifact) for artifact in artifacts if artifact.id in needed and artifact.uri]
    found = []
    for artifact in artifacts:
        if artifact.id in needed or not artifact.uri or is_uri(artifact.uri):
            continue
        path = _path(artifact)
        touches_kept = any(path == one or path in one.parents or one in path.parents for one in kept)
        if folder in path.parents and path.is_dir() and not touches_kept:
            found.append(artifact)
    return found


def remove(store: metadata_store.MetadataStore, garbage: Iterable[metadata_store_pb2.Artifact]) -> None:
    """Says in ML Metadata that the artifacts are deleted, and then deletes them.

    Where it is cut off, nothing is offered that is gone, and the next call takes what is left.
    """
    garbage = list(garbage)
    for artifact in garbage:
        artifact.state = metadata_store_pb2.Artifact.DELETED
    if garbage:
        store.put_artifacts(garbage)
    for artifact in garbage:
        # One may lie in another, or two be one directory.
        shutil.rmtree(_path(artifact), ignore_errors=not _path(artifact).exists())


def size_bytes(artifact: metadata_store_pb2.Artifact) -> int:
    """All files of an artifact together."""
    return sum(path.lstat().st_size for path in _path(artifact).rglob("*") if path.is_symlink() or path.is_file())


def _path(artifact: metadata_store_pb2.Artifact) -> Path:
    return Path(artifact.uri).resolve()
