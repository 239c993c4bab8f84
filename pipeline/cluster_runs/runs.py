"""The runs that brought records are of, and which steps each took from the cache of an earlier one."""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.cluster_runs.layout import Task, base_of, task_of
from records.step_record import ClusterRun, StepRecord


@dataclass(frozen=True)
class BroughtRun:
    """One run.

    Attributes:
      run_id: begins with the time at which it started, as ids do here; the backend's follows.
      compiled: what its pipeline was compiled from.
      steps: those that it ran, by when they started.
      cached: those of earlier runs whose outputs it took.
    """

    run_id: str
    compiled: ClusterRun
    steps: Mapping[Task, StepRecord]
    cached: Mapping[Task, StepRecord]


def brought_runs(records: Mapping[Task, StepRecord]) -> list[BroughtRun]:
    """The runs of records, the oldest first.

    Args:
      records: of all steps, by when these started.
    """
    found = []
    for run in dict.fromkeys((task.pipeline, task.run) for task in records):
        steps = {task: record for task, record in records.items() if (task.pipeline, task.run) == run}
        compiled = [record.run for record in steps.values() if record.run.pipeline]
        nodes = {task.node for task in steps}
        cached: dict[str, Task] = {}
        for task in _sources(steps, records):
            if task.node not in nodes:
                cached.setdefault(task.node, task)
        found.append(
            BroughtRun(
                run_id=_run_id(run[1], min(record.started_secs for record in steps.values())),
                compiled=compiled[-1] if compiled else ClusterRun(pipeline=run[0]),
                steps=steps,
                # What wrote comes before what read.
                cached={task: record for task, record in records.items() if task in cached.values()},
            )
        )
    return sorted(found, key=lambda run: run.run_id)


def _sources(steps: Mapping[Task, StepRecord], records: Mapping[Task, StepRecord]) -> Iterator[Task]:
    """All steps that are not among some, and whose outputs led to them: the nearest first."""
    waiting, seen = list(steps), set(steps)
    while waiting:
        task = waiting.pop(0)
        base = base_of(records[task], task)
        for artifact in (each for listed in records[task].inputs.values() for each in listed):
            source = task_of(artifact.uri, base)
            if source is not None and source in records and source not in seen:
                seen.add(source)
                waiting.append(source)
                yield source


def _run_id(backend_id: str, started_secs: float) -> str:
    return f"{datetime.datetime.fromtimestamp(started_secs, datetime.UTC):%Y%m%d-%H%M%S}-{backend_id}"
