"""The record of a brought run, as `slipway run` writes one."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from inspection.runs import utc
from inspection.store import RunStore
from pipeline.cluster_runs.runs import BroughtRun
from pipeline.run_results import add_results
from records.root import run_directory
from records.run import NodeRecord, RunRecord
from records.step_record import StepRecord


def write_run_record(root: Path, run: BroughtRun) -> None:
    """Writes the record of a run whose steps are in ML Metadata."""
    # A step that was started again in the same run is what it came to last.
    steps = {task.node: record for task, record in run.steps.items()}
    begun = min(record.started_secs for record in steps.values())
    total_secs = max(record.finished_secs for record in steps.values()) - begun
    nodes = _nodes(run, steps)
    ended = next((record for record in steps.values() if record.state != "done"), None)
    record = RunRecord(
        run_id=run.run_id,
        pipeline=run.compiled.pipeline,
        state=ended.state if ended else _state(nodes),
        error=ended.error if ended else None,
        started_at=utc(begun),
        config=run.compiled.config,
        versions=next((record.versions for record in steps.values() if record.versions), {}),
        label_key=run.compiled.label_key,
        labels=list(run.compiled.labels),
        nodes=nodes,
    )
    refused = ended.findings if ended else ()
    add_results(record, RunStore(root).run(run.run_id), metric=run.compiled.metric, refused=refused)
    if total_secs > 0:
        busy = _busy_secs([(each.started_secs, each.finished_secs) for each in steps.values()])
        record.add_times(startup_secs=0.0, nodes_secs=total_secs, executor_secs=busy, total_secs=total_secs)
    directory = run_directory(root, run.run_id)
    directory.mkdir(parents=True, exist_ok=True)
    record.write(directory)


def _nodes(run: BroughtRun, steps: Mapping[str, StepRecord]) -> list[NodeRecord]:
    # What an earlier version compiled does not say how its nodes hang together.
    upstream = run.compiled.upstream or dict.fromkeys([*(task.node for task in run.cached), *steps], ())
    # The backend starts no step before all that it waits for came to an end, here or in an earlier run.
    waited_for, waiting = set[str](), list(steps)
    while waiting:
        more = set(upstream.get(waiting.pop(), ())) - waited_for
        waited_for |= more
        waiting += more
    cached = (waited_for | {task.node for task in run.cached}) - steps.keys()
    found = []
    for node, waits_for in upstream.items():
        record = steps.get(node)
        secs = record.finished_secs - record.started_secs if record else 0.0
        state = record.state if record else "cached" if node in cached else "skipped"
        found.append(
            NodeRecord(
                name=node, upstream=list(waits_for), state=state, cached=node in cached, secs=secs, executor_secs=secs
            )
        )
    return found


def _state(nodes: Sequence[NodeRecord]) -> str:
    """Of a run in which no step failed; to the root one that goes on looks as one that was ended."""
    return "interrupted" if any(node.state == "skipped" for node in nodes) else "done"


def _busy_secs(spans: Sequence[tuple[float, float]]) -> float:
    """For how long at least one step ran."""
    busy, end = 0.0, 0.0
    for started, finished in sorted(spans):
        busy += max(0.0, finished - max(started, end))
        end = max(end, finished)
    return busy
