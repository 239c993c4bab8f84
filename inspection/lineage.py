"""From a pushed model back to the data, along ML Metadata's events."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from inspection.locate import RunNotFoundError
from inspection.runs import utc
from inspection.store import Artifact, NodeExecution, RunStore
from records.properties import BLESSED, PUSHED, PUSHED_DESTINATION
from records.spans import describe_spans, spans_of
from serving.registry import ModelVersion, Registry, RegistryError

# Output -> what its node waits for without reading it. Such an arrow of the DAG leaves no event: an execution that
# wrote a TransformGraph could start because its run's DataGate had written a DataBlessing.
WAITED_FOR = {"TransformGraph": "components.DataBlessing"}


@dataclass(kw_only=True)
class Step:
    """An execution, and the steps that wrote what it took.

    Attributes:
      execution: the one that wrote the artifacts, not one that took them from the cache.
      outputs: those of its (channel, artifact) that led to the pushed model, by id.
      sources: steps that stand here.
      elsewhere: artifacts that it took too, written by steps that stand elsewhere in the lineage.
    """

    execution: NodeExecution
    outputs: dict[int, tuple[str, Artifact]] = field(default_factory=dict)
    sources: list["Step"] = field(default_factory=list)
    elsewhere: list[Artifact] = field(default_factory=list)

    @property
    def blessed(self) -> bool | None:
        """The overall verdict of a gate; None for a step that is none."""
        blessings = [a for found in self.execution.outputs.values() for a in found if a.type.endswith("Blessing")]
        # DataGate has no artifact when it refuses.
        return all(blessing.properties.get(BLESSED, 1) == 1 for blessing in blessings) if blessings else None

    def as_json(self) -> dict[str, Any]:
        """The step and all behind it."""
        execution = self.execution
        return {
            "node": execution.node,
            "execution": execution.id,
            "run_id": execution.run_id,
            "state": execution.state,
            "finished_at": utc(execution.finished_secs),
            "blessed": self.blessed,
            **origin_of(execution),
            "outputs": [
                {"channel": channel, "id": artifact.id, "type": artifact.type, "uri": artifact.uri}
                for channel, artifact in self.outputs.values()
            ],
            "sources": [source.as_json() for source in self.sources],
            "elsewhere": [artifact.id for artifact in self.elsewhere],
        }


def origin_of(execution: NodeExecution) -> dict[str, str | int]:
    """What the outputs depend on besides the inputs: the data's fingerprint and spans, the code's digest, the seed."""
    # TFX's own components carry what is ours in a JSON document.
    custom = json.loads(execution.properties.get("custom_config") or "{}")
    found = {name: execution.properties.get(name, custom.get(name)) for name in ("fingerprint", "code", "seed")}
    artifacts = [artifact for outputs in execution.outputs.values() for artifact in outputs]
    found["span"] = next(filter(None, (describe_spans(spans_of(each.properties)) for each in artifacts)), None)
    if str(found["code"]).startswith("{"):
        # Digests of many modules; a person wants to know whether two executions ran the same.
        found["code"] = hashlib.sha256(found["code"].encode()).hexdigest()
    return {name: value for name, value in found.items() if value not in (None, "")}


def model_name(pushed: Artifact) -> str:
    """`digits/3`."""
    return "/".join(pushed.properties[PUSHED_DESTINATION].rsplit("/", 2)[1:])


def find_registered(pushed: Artifact) -> ModelVersion | None:
    """The version as the registry has it now; None if it has it no longer or cannot be reached."""
    registry, model, number = pushed.properties[PUSHED_DESTINATION].rsplit("/", 2)
    try:
        return Registry(registry).version(model, int(number))
    except (RegistryError, OSError, ValueError):
        return None


def find_pushed_model(store: RunStore, version: str) -> Artifact:
    """The pushed model that `digits/3`, `3` or `latest` means.

    Raises:
      RunNotFoundError: this root pushed no such version, or several models have one of that number.
    """
    found = [artifact for artifact in store.artifacts("PushedModel") if artifact.properties.get(PUSHED) == 1]
    pushed = [artifact for artifact in found if store.producer(artifact.id)]
    known = list(dict.fromkeys(map(model_name, pushed)))
    if version == "latest" and known:
        meant = known[-1:]
    else:
        meant = [name for name in known if version in (name, name.rpartition("/")[2])]
    if len(meant) != 1:
        received = f"{version!r}, which could be {' or '.join(meant)}" if meant else f"{version!r}"
        raise RunNotFoundError(
            f"A version must be `latest` or one that this root pushed: {', '.join(known) or 'none yet'}. "
            f"Received: {received}. `slipway registry list` shows what the registry has."
        )
    return _writer_of([artifact for artifact in pushed if model_name(artifact) == meant[0]], store)


def _writer_of(pushed: list[Artifact], store: RunStore) -> Artifact:
    """The artifact of a version that several artifacts name, as after an unchanged model was pushed again.

    The first wrote it, unless the registry was removed since and began anew with another model.
    """
    version = find_registered(pushed[-1])
    trained_model = version.lineage.get("model_artifact") if version else None
    for artifact in pushed:
        execution = store.producer(artifact.id)
        if execution and trained_model in {model.id for model in execution.inputs.get("model", ())}:
            return artifact
    return pushed[0]


def lineage(store: RunStore, pushed: Artifact) -> Step:
    """The step that pushed, with everything behind it.

    Every step stands once: what the push took itself directly beneath it, anything else beneath the first step that
    used it, which leads from the launch to the data the way it was made.
    """
    steps, consumers = _walk(store, pushed)
    pusher = next(iter(steps))
    for identity in sorted(steps, reverse=True):
        if identity != pusher:
            takers = consumers[identity]
            steps[pusher if pusher in takers else min(takers)].sources.append(steps[identity])
    for step in steps.values():
        here = {id_ for source in step.sources for id_ in source.outputs}
        taken = {artifact.id: artifact for artifacts in step.execution.inputs.values() for artifact in artifacts}
        step.elsewhere = [artifact for id_, artifact in sorted(taken.items()) if id_ not in here]
    return steps[pusher]


def _walk(store: RunStore, pushed: Artifact) -> tuple[dict[int, Step], dict[int, set[int]]]:
    """({execution: its step}, {execution: those that took its outputs}), the pushing execution first."""
    steps: dict[int, Step] = {}
    consumers: dict[int, set[int]] = {}
    waiting: list[tuple[Artifact, int | None]] = [(pushed, None)]
    while waiting:
        artifact, consumer = waiting.pop(0)
        execution = store.producer(artifact.id)
        if execution is None:
            continue
        if consumer is not None:
            consumers.setdefault(execution.id, set()).add(consumer)
        if execution.id not in steps:
            steps[execution.id] = Step(execution=execution)
            waiting += [(source, execution.id) for source in _sources(store, execution)]
        channel = next(name for name, found in execution.outputs.items() if artifact in found)
        steps[execution.id].outputs[artifact.id] = (channel, artifact)
    return steps, consumers


def _sources(store: RunStore, execution: NodeExecution) -> Iterable[Artifact]:
    yield from (artifact for artifacts in execution.inputs.values() for artifact in artifacts)
    written = {artifact.type for artifacts in execution.outputs.values() for artifact in artifacts}
    awaited = {WAITED_FOR[type_name] for type_name in written if type_name in WAITED_FOR}
    if awaited:
        found = (a for other in store.run(execution.run_id) for outputs in other.outputs.values() for a in outputs)
        yield from (artifact for artifact in found if artifact.type in awaited)
