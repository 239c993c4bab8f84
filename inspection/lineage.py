"""From a pushed model back to the data, along ML Metadata's events."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspection.locate import RunNotFoundError
from inspection.store import Artifact, NodeExecution, RunStore

DESTINATION, VERSION = "pushed_destination", "pushed_version"


@dataclass(frozen=True, kw_only=True)
class Step:
    """An artifact, the execution that wrote it, and the steps that the execution took as inputs.

    Attributes:
      channel: the output that the artifact was.
      artifact: what was written.
      execution: by what; None where ML Metadata has forgotten it.
      seen_before: whether the same execution stands earlier in the lineage; its inputs are then not repeated.
      sources: the inputs' steps.
    """

    channel: str
    artifact: Artifact
    execution: NodeExecution | None
    seen_before: bool
    sources: tuple["Step", ...]

    def as_json(self) -> dict[str, Any]:
        """The step and all behind it."""
        execution = self.execution
        return {
            "channel": self.channel,
            "artifact": {"id": self.artifact.id, "type": self.artifact.type, "uri": self.artifact.uri},
            "node": execution.node if execution else None,
            "execution": execution.id if execution else None,
            "sources": [source.as_json() for source in self.sources],
        }


def pushed_models(store: RunStore) -> list[Artifact]:
    """What Pusher wrote, oldest version first, one artifact a version."""
    by_destination = {
        artifact.properties[DESTINATION]: artifact
        for artifact in store.artifacts("PushedModel")
        if artifact.properties.get("pushed") == 1
    }
    return sorted(by_destination.values(), key=lambda artifact: int(artifact.properties[VERSION]))


def find_pushed_model(store: RunStore, version: str) -> Artifact:
    """The pushed model that `digits/3`, `3` or `latest` means.

    Raises:
      RunNotFoundError: no push of this root made that version.
    """
    pushed = pushed_models(store)
    if version == "latest" and pushed:
        return pushed[-1]
    name, _, number = version.rpartition("/")
    for artifact in pushed:
        model = Path(artifact.properties[DESTINATION]).parent.name
        if artifact.properties[VERSION] == number and name in ("", model):
            return artifact
    known = ", ".join(f"{Path(a.properties[DESTINATION]).parent.name}/{a.properties[VERSION]}" for a in pushed)
    raise RunNotFoundError(
        f"a version must be one that this root pushed: {known or 'none yet'}. Received: {version!r}."
    )


def lineage(store: RunStore, artifact: Artifact) -> Step:
    """The artifact's step with everything behind it."""
    return _step(store, "", artifact, set())


def _step(store: RunStore, channel: str, artifact: Artifact, seen: set[int]) -> Step:
    execution = store.producer(artifact.id)
    seen_before = execution is not None and execution.id in seen
    sources: tuple[Step, ...] = ()
    if execution is not None and not seen_before:
        seen.add(execution.id)
        sources = tuple(
            _step(store, name, source, seen) for name, inputs in _nearest_first(execution) for source in inputs
        )
    return Step(channel=channel, artifact=artifact, execution=execution, seen_before=seen_before, sources=sources)


def _nearest_first(execution: NodeExecution) -> Iterator[tuple[str, tuple[Artifact, ...]]]:
    """Inputs that were written last come first: they lead back through the most steps."""
    yield from sorted(execution.inputs.items(), key=lambda item: -max(artifact.id for artifact in item[1]))
