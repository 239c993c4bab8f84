"""What differs between runs, of one root or of several: config, versions, code, data, metrics, slices."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from inspection.changes import changes
from inspection.evaluation_results import MetricValue, read_metrics
from inspection.lineage import origin_of
from inspection.pairing import PairedTest, paired_tests
from inspection.runs import Run, key_metrics
from inspection.seeds import seed_spread
from inspection.significance import is_higher_better, is_share, two_shares, wilson
from inspection.slices import SliceRow, metric_names, slice_rows
from inspection.store import NodeExecution
from records.evaluation import BASELINE, CANDIDATE
from records.predictions import Predictions, read_predictions
from records.run import RunRecord

# The p value below which a difference is not put down to chance.
SURE = 0.05
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


@dataclass(frozen=True, kw_only=True)
class MetricCell:
    """A metric of one run.

    Attributes:
      value: of the test split; None where it was not computed.
      low: lower end of its 95 % confidence interval; None where there is no telling.
      high: upper end.
      change: against the first run; None for that one itself.
      p: the p value of no difference; None where there is no telling.
      test: the paired test that gave it; None where it is of no pairs.
      seed_p: the p value of a change that is another seed's; None where too few runs tell.
      is_better: whether the change is for the better.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    change: float | None = None
    p: float | None = None
    test: PairedTest | None = None
    seed_p: float | None = None
    is_better: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether the change is more than chance, of the examples and of the seed."""
        return all(p is not None and p < SURE for p in (self.p, self.seed_p))


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


def metric_table(runs: Sequence[Compared], others: Sequence[RunRecord] = ()) -> dict[str, list[MetricCell]]:
    """{metric: a cell a run}, those that gates judge first.

    Args:
      runs: the first of which the others are compared with.
      others: all runs of their roots, which tell how much the seed changes.
    """
    first = [f"test_{name}" for run in runs for name in key_metrics(run.record)]
    names = dict.fromkeys([*first, *(name for run in runs for name in run.record.metrics)])
    names.pop("test_example_count", None)
    tests = [_paired_tests(runs[0], run) for run in runs]
    return {
        name.removeprefix("test_"): [
            _cell(name, run, runs[0], found.get(name.removeprefix("test_")), others)
            for run, found in zip(runs, tests, strict=True)
        ]
        for name in names
    }


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


def _paired_tests(first: Compared, run: Compared) -> dict[str, PairedTest]:
    if run is first or first.predictions is None or run.predictions is None:
        return {}
    return paired_tests(first.predictions, run.predictions, model=CANDIDATE)


def _cell(
    name: str, run: Compared, first: Compared, test: PairedTest | None, others: Sequence[RunRecord]
) -> MetricCell:
    value, reference = run.record.metrics.get(name), first.record.metrics.get(name)
    if value is None:
        return MetricCell(value=None)
    metric = name.removeprefix("test_")
    examples, other_examples = (int(each.record.metrics.get("test_example_count", 0)) for each in (run, first))
    is_tested = name.startswith("test_")
    is_known = is_tested and is_share(metric) and examples > 0
    low, high = wilson(value, examples) if is_known else (None, None)
    if run is first or reference is None:
        return MetricCell(value=value, low=low, high=high)
    change = value - reference
    if is_tested and test:
        p = test.p
    else:
        test = None
        p = two_shares(value, examples, reference, other_examples) if is_known and other_examples else None
    spread = seed_spread(name, first.record, run.record, others) if is_tested else None
    is_better = change > 0 if is_higher_better(metric) and name != "parameters" else change < 0
    return MetricCell(
        value=value,
        low=low,
        high=high,
        change=change,
        p=p,
        test=test,
        seed_p=spread.p(change) if spread else None,
        is_better=is_better,
    )


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
