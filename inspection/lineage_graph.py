"""What an artifact was made of, and what was made of it, across runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from inspection.store import Artifact, NodeExecution, RunStore

# Of one picture; what lies further off is a click away.
MAX_EXECUTIONS = 60


@dataclass(frozen=True, kw_only=True)
class Neighbourhood:
    """An artifact among the executions around it.

    Attributes:
      artifact: the one that is looked at.
      producer: the execution that wrote it; None where it has none any more.
      shared_with: the other runs that took it from the cache.
      consumers: the executions that read it, those that were cached themselves left out.
      upstream: {execution: ids of those that wrote what it read}, of all that are shown, in the order of their ids.
      executions: {id: execution} of all that are shown.
      is_cut: whether there are more than are shown.
    """

    artifact: Artifact
    producer: NodeExecution | None
    shared_with: tuple[str, ...]
    consumers: tuple[NodeExecution, ...]
    upstream: Mapping[int, tuple[int, ...]]
    executions: Mapping[int, NodeExecution]
    is_cut: bool


def neighbourhood(store: RunStore, artifact: Artifact) -> Neighbourhood:
    """The executions that lead to an artifact and those that it leads to; each stands once, where it really ran."""
    around = store.executions_of([artifact.id])
    producer = next((e for e in around if _writes(e, artifact.id) and e.state != "cached"), None)
    readers = [e for e in around if _reads(e, artifact.id)]
    above = _walk(store, [producer] if producer else [], upwards=True)
    below = _walk(store, [reader for reader in readers if reader.state != "cached"], upwards=False)
    found = {execution.id: execution for execution in [*above, *below]}
    shown = dict(sorted(found.items())[:MAX_EXECUTIONS])
    writers = {id_: execution.id for execution in shown.values() for id_ in _ids(execution.outputs)}
    return Neighbourhood(
        artifact=artifact,
        producer=producer,
        shared_with=tuple(dict.fromkeys(e.run_id for e in around if e.state == "cached" and _writes(e, artifact.id))),
        consumers=tuple(reader for reader in readers if reader.state != "cached"),
        upstream={
            id_: tuple(dict.fromkeys(writers[read] for read in _ids(execution.inputs) if read in writers))
            for id_, execution in shown.items()
        },
        executions=shown,
        is_cut=len(found) > len(shown),
    )


def _walk(store: RunStore, start: Sequence[NodeExecution], *, upwards: bool) -> list[NodeExecution]:
    """The executions from some on, level by level, for it is the number of queries that takes the time."""
    found = {execution.id: execution for execution in start}
    level = list(found.values())
    while level and len(found) <= MAX_EXECUTIONS:
        artifacts = {id_ for e in level for id_ in _ids(e.inputs if upwards else e.outputs)}
        around = store.executions_of(sorted(artifacts))
        level = [
            execution
            for execution in around
            if execution.id not in found
            and execution.state != "cached"
            and not artifacts.isdisjoint(_ids(execution.outputs if upwards else execution.inputs))
        ]
        found |= {execution.id: execution for execution in level}
    return list(found.values())


def _ids(channels: Mapping[str, Iterable[Artifact]]) -> list[int]:
    return [artifact.id for artifacts in channels.values() for artifact in artifacts]


def _writes(execution: NodeExecution, artifact: int) -> bool:
    return artifact in _ids(execution.outputs)


def _reads(execution: NodeExecution, artifact: int) -> bool:
    return artifact in _ids(execution.inputs)
