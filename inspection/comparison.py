"""What differs between runs, of one root or of several: config, versions, code, data, metrics, slices."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from inspection.changes import changes
from inspection.evaluation_results import MetricValue, read_metrics
from inspection.lineage import origin_of
from inspection.runs import Run, key_metrics
from inspection.slices import SliceRow, metric_names, slice_rows
from inspection.store import NodeExecution
from records.evaluation import BASELINE, CANDIDATE
from records.predictions import Predictions, read_predictions
from records.run import RunRecord

ABSENT = "–"


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One of the runs; the first is what the others are compared with.

    Attributes:
      name: what tables and charts call it.
      run: the run, with its record.
      record: its record.
      values: what TFMA computed of its model; none where it came to no Evaluator.
      predictions: what its model said of each test example; None where the run kept no such thing.
    """

    name: str
    run: Run
    record: RunRecord
    values: Sequence[MetricValue]
    predictions: Predictions | None = None

    def execution(self, node: str) -> NodeExecution | None:
        """The execution of a node that left outputs."""
        return next((e for e in reversed(self.run.executions) if e.node == node and e.outputs), None)

    def slices(self, metric: str) -> list[SliceRow]:
        """The rows of a metric, by TFMA."""
        names = {f"{self.record.label_key}={index}": label for index, label in enumerate(self.record.labels)}
        return slice_rows(self.values, metric, model=CANDIDATE, baseline=BASELINE, names=names)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A row of a table: what one thing is in each run; `what` names it."""

    what: str
    values: tuple[str, ...]


def compared(runs: Sequence[tuple[str, Run]]) -> list[Compared]:
    """The runs with what their evaluations found.

    Args:
      runs: (name, run), each run with a record.
    """
    return [
        Compared(name=name, run=run, record=run.record, values=values, predictions=predictions)
        for name, run in runs
        if run.record is not None
        for values, predictions in [_evaluation(run)]
    ]


def config_differences(runs: Sequence[Compared]) -> list[Difference]:
    """The keys of the configs whose values differ; the root's place is not the model's."""
    flat = [dict(_flat(run.record.config, "")) for run in runs]
    keys = dict.fromkeys(key for each in flat for key in each if key != "root")
    return _different(keys, flat)


def version_differences(runs: Sequence[Compared]) -> list[Difference]:
    """The libraries whose versions differ, and the commit."""
    found = [{**run.record.versions, "git commit": _short(run.record.git_commit)} for run in runs]
    return _different(dict.fromkeys(key for each in found for key in each), found)


def data_differences(runs: Sequence[Compared]) -> list[Difference]:
    """The fingerprints of the data, the same or not."""
    found = []
    for run in runs:
        execution = run.execution("ExampleGen")
        fingerprint = str(origin_of(execution).get("fingerprint", ABSENT))[:12] if execution else ABSENT
        found.append({"fingerprint of the data": fingerprint})
    return [Difference(what=key, values=tuple(each[key] for each in found)) for key in found[0]]


def node_differences(runs: Sequence[Compared]) -> list[tuple[str, str, list[str]]]:
    """(run, node, what it was given that the run before it in the list was not) of nodes that differ."""
    found = []
    for before, after in pairwise(runs):
        for node in after.record.nodes:
            old, new = before.execution(node.name), after.execution(node.name)
            if old is None or new is None or _outputs(old) == _outputs(new):
                continue
            reasons = [str(reason) for reason in changes(old, new, {})]
            found.append((after.name, node.name, reasons))
    return found


def slice_differences(runs: Sequence[Compared], metric: str) -> list[tuple[str, list[SliceRow | None], float]]:
    """(slice, its row in each run, the largest difference) of slices that differ, the largest first."""
    found = [{row.where: row for row in run.slices(metric)} for run in runs]
    rows = []
    for where in dict.fromkeys(where for each in found for where in each if where):
        mine = [each.get(where) for each in found]
        values = [row.value for row in mine if row is not None and not math.isnan(row.value)]
        if len(values) > 1:
            name = next(row.name for row in mine if row is not None)
            rows.append((name, mine, max(values) - min(values)))
    return sorted((row for row in rows if row[2] > 0), key=lambda row: -row[2])


def common_metrics(runs: Sequence[Compared]) -> list[str]:
    """The metrics that TFMA computed for all of the runs, those that gates judge first."""
    judged = [name for run in runs for name in key_metrics(run.record)]
    found = [metric_names(run.values, CANDIDATE) for run in runs]
    return [name for name in dict.fromkeys([*judged, *found[0]]) if all(name in each for each in found)]


def _evaluation(run: Run) -> tuple[Sequence[MetricValue], Predictions | None]:
    for execution in reversed(run.executions):
        if execution.node == "Evaluator" and "evaluation" in execution.outputs:
            uri = execution.outputs["evaluation"][0].uri
            return read_metrics(uri), read_predictions(uri)
    return (), None


def _different(keys: Mapping[str, None], found: Sequence[Mapping[str, Any]]) -> list[Difference]:
    rows = (Difference(what=key, values=tuple(str(each.get(key, ABSENT)) for each in found)) for key in keys)
    return [row for row in rows if len(set(row.values)) > 1]


def _flat(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _short(commit: str | None) -> str:
    """Enough of a commit to tell it, and whether there were changes besides."""
    return ABSENT if commit is None else commit[:12] + (" with changes" if commit.endswith("-dirty") else "")


def _outputs(execution: NodeExecution) -> set[str]:
    return {artifact.uri for artifacts in execution.outputs.values() for artifact in artifacts}
