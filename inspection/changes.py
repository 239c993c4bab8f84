"""Why a node ran though an earlier run had it: what differs between its two executions."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from inspection.store import NodeExecution, RunStore

# A reason is read in one line.
NAMED_MODULES = 3
# Where a property's values stand in the config; of others, where their JSON says.
PLACES = {
    "task_spec": "",
    "custom_config": "",
    "model_name": "name",
    "registry": "push.registry",
    "stage": "push.stage",
    "measuring": "evaluate",
}
LOGS_FINGERPRINT = "logs_fingerprint"
# Told in other words, or by another property.
CODE, FINGERPRINT, DERIVED = "code", "fingerprint", ("custom_config.code", "task_spec.is_part")
NOTHING_DIFFERS = "nothing changed, but its files were gone, the cache was off, or the registry has another version"


@dataclass(frozen=True)
class Reason:
    """Attributes:
    what: is different.
    cause: why, where something else is behind it; empty where nothing is.
    """

    what: str
    cause: str = ""

    def __str__(self) -> str:
        return f"{self.what} ({self.cause})" if self.cause else self.what


class Reasons:
    """Tells why nodes of one run are not taken from the cache; is asked in the order in which they run."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        # What is behind an artifact that this run made.
        self._causes: dict[int, str] = {}

    def of(self, execution: NodeExecution, *, outputs: Iterable[int]) -> tuple[Reason, ...]:
        """The changes since the last run that had the node; none where no run had it.

        Args:
          execution: the execution that runs, or would run.
          outputs: ids of the artifacts that it makes.
        """
        earlier = self._store.last_success(execution.node, before=execution.id)
        if earlier is None:
            return ()
        found = changes(earlier, execution, self._causes)
        self._causes |= dict.fromkeys(outputs, found[0].cause or found[0].what)
        return found


def changes(before: NodeExecution, after: NodeExecution, causes: Mapping[int, str]) -> tuple[Reason, ...]:
    """The differences between two executions of a node, such as `options.model.dropout 0.1 -> 0.2`.

    Args:
      before: the earlier one.
      after: the later one.
      causes: what is behind artifacts, by their ids.
    """
    own = list(dict.fromkeys([*_options(before, after), *_code(before, after)]))
    told = {reason.what for reason in own}
    inputs = [reason for reason in _inputs(before, after, causes) if reason.cause not in told]
    return (*own, *inputs) or (Reason(NOTHING_DIFFERS),)


def _options(before: NodeExecution, after: NodeExecution) -> Iterator[Reason]:
    if before.pipeline != after.pipeline:
        yield Reason(f"name {before.pipeline} -> {after.pipeline}")
    old, new = (dict(_flat(execution.properties, "")) for execution in (before, after))
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) == new.get(key) or key in DERIVED or key.partition(".")[0] == CODE:
            continue
        if key == FINGERPRINT:
            yield Reason("the data changed", "fingerprint")
        elif key == LOGS_FINGERPRINT:
            yield Reason("the serving logs changed", "fingerprint")
        else:
            yield Reason(f"{_place(key)} {_show(old, key)} -> {_show(new, key)}")


def _flat(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """Dotted keys and values of nested dictionaries, those inside JSON texts too; lists are values, and so is what has
    numbers for keys, such as spans."""
    for name, value in values.items():
        parsed = _parse(value)
        if isinstance(parsed, dict) and not (parsed and all(map(str.isdecimal, parsed))):
            yield from _flat(parsed, f"{prefix}{name}.")
        else:
            yield prefix + name, parsed


def _parse(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _place(key: str) -> str:
    """A key as the config has it."""
    while (top := key.partition(".")[0]) in PLACES:
        rest = key.removeprefix(top).removeprefix(".")
        key = ".".join(filter(None, [PLACES[top], rest]))
        if PLACES[top]:
            break
    return key


def _show(values: Mapping[str, Any], key: str) -> str:
    if key not in values:
        return "none"
    value = values[key]
    text = value if isinstance(value, str) and value else json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _code(before: NodeExecution, after: NodeExecution) -> Iterator[Reason]:
    # Older versions kept one digest of all.
    found = (_parse(execution.properties.get(CODE)) for execution in (before, after))
    old, new = (code if isinstance(code, dict) else {} for code in found)
    modules = _different(old.get("modules", {}), new.get("modules", {}))
    if modules:
        more = f" and {len(modules) - NAMED_MODULES} more" if len(modules) > NAMED_MODULES else ""
        yield Reason(f"code of {', '.join(modules[:NAMED_MODULES])}{more} changed")
    old_versions, new_versions = old.get("versions", {}), new.get("versions", {})
    for name in _different(old_versions, new_versions):
        yield Reason(f"{name} {old_versions.get(name, 'none')} -> {new_versions.get(name, 'none')}")


def _different(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def _inputs(before: NodeExecution, after: NodeExecution, causes: Mapping[int, str]) -> Iterator[Reason]:
    """Types of the artifacts that are others now, those of one cause together."""
    by_cause: dict[str, set[str]] = {}
    for channel, artifacts in after.inputs.items():
        if [artifact.id for artifact in before.inputs.get(channel, ())] != [artifact.id for artifact in artifacts]:
            for artifact in artifacts:
                by_cause.setdefault(causes.get(artifact.id, ""), set()).add(artifact.type.rpartition(".")[2])
    for cause, types in by_cause.items():
        yield Reason(f"{', '.join(sorted(types))} changed", cause)
