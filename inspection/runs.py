"""Runs as a person looks at them: the run record where there is one, ML Metadata for the rest."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from inspection.locate import run_ids
from inspection.store import Artifact, NodeExecution, RunStore
from records.properties import PUSHED, PUSHED_DESTINATION
from records.root import LOCK_HOLDER_FILE, run_directory
from records.run import RunRecord, read_run_record


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run. `record` is None for a run that was killed before it could write one."""

    run_id: str
    state: str
    record: RunRecord | None
    executions: list[NodeExecution] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class RunOverview:
    """One run in one line.

    Attributes:
      started_at: UTC, ISO 8601.
      total_secs: None for a run without a record.
      cached: how many of the `nodes` were taken from the cache; without a record only nodes that started count.
      metrics: on the test split: those that a gate judges, else the first.
      pushed: versions that this run made, such as `digits/3`.
      pipeline: its name; empty for a run without a record.
      chosen: the variant that is the best within the budgets; None where there is none.
    """

    run_id: str
    state: str
    started_at: str
    total_secs: float | None
    nodes: int
    cached: int
    metrics: dict[str, float]
    pushed: tuple[str, ...]
    pipeline: str = ""
    chosen: str | None = None


@dataclass(frozen=True, kw_only=True)
class NodeView:
    """One node of a run; `execution` is None while it has none, `secs` None where nobody measured them; `reasons` say
    why it ran though an earlier run had it."""

    name: str
    state: str
    secs: float | None
    execution: NodeExecution | None
    reasons: tuple[str, ...] = ()

    @property
    def outputs(self) -> list[tuple[str, Artifact]]:
        """(channel, artifact), in the order in which the artifacts were made."""
        channels = self.execution.outputs if self.execution else {}
        found = [(name, artifact) for name, artifacts in channels.items() for artifact in artifacts]
        return sorted(found, key=lambda item: item[1].id)


def read_run(root: Path, run_id: str) -> Run:
    """One run of a root; `run_id` exists."""
    return _read_run(RunStore(root), root, run_id, is_newest=run_id == run_ids(root)[-1])


def read_overviews(
    root: Path, *, read_record: Callable[[Path], RunRecord | None] = read_run_record
) -> list[RunOverview]:
    """All runs of a root, oldest first. ML Metadata is read only for runs without a record.

    Args:
      root: what `slipway run` wrote.
      read_record: gives the record in a run's directory, None where there is none; one that remembers what it has read
        saves the time.
    """
    store, ids = RunStore(root), run_ids(root)
    found = []
    for run_id in ids:
        record = read_record(run_directory(root, run_id))
        if record is not None:
            found.append(_overview_of_record(record))
        else:
            found.append(_overview_of_run(_read_run(store, root, run_id, is_newest=run_id == ids[-1])))
    return found


def nodes_of(run: Run) -> list[NodeView]:
    """The nodes in the order of the DAG; without a record those that started, in that order."""
    executions = {execution.node: execution for execution in run.executions}
    if run.record:
        return [
            NodeView(
                name=node.name,
                state=node.state,
                secs=node.secs,
                execution=executions.get(node.name),
                reasons=tuple(node.reasons),
            )
            for node in run.record.nodes
        ]
    over = ("done", "cached", "failed")
    return [
        NodeView(
            name=e.node, state=e.state, secs=e.finished_secs - e.started_secs if e.state in over else None, execution=e
        )
        for e in run.executions
    ]


def output_of(run: Run, node: str, channel: str = "") -> Artifact | None:
    """An output of a node, the only one where no channel is named; None where the run has none."""
    for execution in reversed(run.executions):
        if execution.node == node and execution.outputs:
            artifacts = execution.outputs.get(channel, ()) if channel else next(iter(execution.outputs.values()))
            return artifacts[0] if artifacts else None
    return None


def utc(secs: float) -> str:
    """ISO 8601 of seconds since the epoch."""
    return datetime.fromtimestamp(secs, UTC).isoformat(timespec="seconds")


def _read_run(store: RunStore, root: Path, run_id: str, *, is_newest: bool) -> Run:
    record = read_run_record(run_directory(root, run_id))
    # One run at a time holds a root, so that only the newest can still be going on.
    state = record.state if record else ("running" if is_newest and _is_held(root) else "interrupted")
    recorded = {node.name: node.state for node in record.nodes} if record else {}
    executions = []
    for execution in store.run(run_id):
        # To ML Metadata a refusal is a failure, and what was running when the process was killed runs for ever.
        stale = execution.state == "running" and state != "running"
        known = recorded.get(execution.node) or ("interrupted" if stale else execution.state)
        executions.append(replace(execution, state=known))
    return Run(run_id=run_id, state=state, record=record, executions=executions)


def _is_held(root: Path) -> bool:
    """Whether a live process holds the root; a killed one leaves its number behind."""
    try:
        os.kill(int((root / LOCK_HOLDER_FILE).read_text()), 0)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True


def _overview_of_record(record: RunRecord) -> RunOverview:
    return RunOverview(
        run_id=record.run_id,
        state=record.state,
        started_at=record.started_at,
        total_secs=record.total_secs,
        nodes=len(record.nodes),
        cached=sum(node.cached for node in record.nodes),
        metrics=key_metrics(record),
        pushed=tuple("/".join(push.destination.rsplit("/", 2)[1:]) for push in record.pushes if push.in_this_run),
        pipeline=record.pipeline,
        chosen=record.choice.variant if record.choice else None,
    )


def _overview_of_run(run: Run) -> RunOverview:
    outputs = [a for e in run.executions if e.state == "done" for found in e.outputs.values() for a in found]
    destinations = [a.properties[PUSHED_DESTINATION] for a in outputs if a.properties.get(PUSHED) == 1]
    return RunOverview(
        run_id=run.run_id,
        state=run.state,
        started_at=utc(run.executions[0].started_secs) if run.executions else "",
        total_secs=None,
        nodes=len(run.executions),
        cached=sum(execution.state == "cached" for execution in run.executions),
        metrics={},
        pushed=tuple("/".join(destination.rsplit("/", 2)[1:]) for destination in destinations),
    )


def key_metrics(record: RunRecord) -> dict[str, float]:
    """The test metrics that a gate of the config judges; the first where none does."""
    tested = {n.removeprefix("test_"): v for n, v in record.metrics.items() if n.startswith("test_")}
    tested.pop("example_count", None)
    judged = record.config.get("evaluate", {}).get("gates") or {}
    names = [name for name in tested if name in judged] or list(tested)[:1]
    return {name: tested[name] for name in names}
