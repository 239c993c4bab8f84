"""One run as one HTML page that needs nothing else: no network, no notebook."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

import yaml
from markupsafe import Markup

from inspection import charts
from inspection.adaptation import adaptation_curves, curves_by_shot, is_of_adaptation
from inspection.compression import Compression, read_compression
from inspection.dag_drawing import BOX_HEIGHT, BOX_WIDTH, draw
from inspection.drift import drift_charts
from inspection.evaluation_results import MetricValue, read_confusion, read_metrics
from inspection.limits import Verdict, bounds, count_limits, verdict
from inspection.page import Section, html
from inspection.runs import Run
from inspection.statistics import read_anomalies, read_statistics
from inspection.store import Artifact
from records.evaluation import CANDIDATE
from records.findings import Finding
from records.model_run import HISTORY_FILE
from records.run import RunRecord
from records.stores import path_at

if TYPE_CHECKING:
    from etils import epath

VERDICTS = {
    "done": "Every gate passed.",
    "refused": "A gate refused; nothing was pushed.",
    "failed": "A node failed; nothing was pushed.",
    "interrupted": "The run was interrupted.",
    "running": "The run goes on.",
}


def render_report(run: Run, *, studies: Sequence[Section] = ()) -> str:
    """The page of a run, whatever became of it.

    Args:
      run: what to show.
      studies: sections of studies of the same root.
    """
    outputs = _outputs(run)
    record = run.record
    nodes, findings = (record.nodes, record.gates) if record else ([], [])
    page: dict[str, Any] = {
        "run": run,
        "record": record,
        "verdict": VERDICTS.get(run.state, run.state),
        "drawing": draw({node.name: node.upstream for node in nodes}),
        "box_width": BOX_WIDTH,
        "box_height": BOX_HEIGHT,
        "nodes": {node.name: node for node in nodes},
        "changed": [node for node in nodes if node.reasons],
        "pushes": record.pushes if record else [],
        "headline": _headline(record) if record else [],
        "gates": _gates(findings),
        "limits_kept": count_limits(findings),
        "training": _training(outputs),
        "evaluation": _evaluation(outputs, record),
        "adaptation": _adaptation(outputs),
        "confusion": _confusion(outputs, record),
        "compression": _compression(record) if record else None,
        "studies": studies,
        "statistics": read_statistics(_path(outputs["StatisticsGen"])) if "StatisticsGen" in outputs else [],
        "drift_charts": _drift_charts(outputs, findings),
        "class_charts": _class_charts(outputs),
        "anomalies": read_anomalies(_path(outputs["ExampleValidator"])) if "ExampleValidator" in outputs else [],
        "artifacts": [(e, channel, a) for e in run.executions for channel, found in e.outputs.items() for a in found],
        "config": yaml.safe_dump(record.config if record else {}, sort_keys=False),
    }
    return html("report.html", **page)


def _outputs(run: Run) -> dict[str, Mapping[str, tuple[Artifact, ...]]]:
    """{node: its outputs} of the executions that succeeded, in this run or in the one that the cache took them from.

    Those whose files are gone are left out.
    """
    return {
        execution.node: execution.outputs
        for execution in run.executions
        if execution.outputs and not any(each.is_deleted for found in execution.outputs.values() for each in found)
    }


def _path(outputs: Mapping[str, tuple[Artifact, ...]], channel: str = "") -> "epath.Path":
    [artifact] = outputs[channel] if channel else next(iter(outputs.values()))
    return path_at(artifact.uri)


def _headline(record: RunRecord) -> list[tuple[str, str]]:
    """Names and values at the top of the page: metrics, the time that the run took, the versions it pushed."""
    found = []
    for name, value in sorted(record.metrics.items(), key=lambda item: not item[0].startswith("test_")):
        whole = float(value).is_integer() and value > 1
        found.append((name.replace("_", " "), f"{value:,.0f}" if whole else f"{value:.4f}"))
    found.append(("seconds", f"{record.total_secs:.1f}"))
    found.append(("orchestration", f"{record.orchestration_share:.0%}"))
    for push in record.pushes:
        found.append(("pushed version", str(push.version)))
    return found


def _gates(findings: Sequence[Finding]) -> list[tuple[Verdict, Finding]]:
    """The findings with their verdicts, those that were missed first."""
    found = [(verdict(finding), finding) for finding in findings]
    return sorted(found, key=lambda gate: (get_args(Verdict).index(gate[0]), gate[1].gate))


def _training(outputs: Mapping[str, Mapping[str, tuple[Artifact, ...]]]) -> Markup | None:
    if "Trainer" not in outputs:
        return None
    lines = (_path(outputs["Trainer"], "model_run") / HISTORY_FILE).read_text().splitlines()
    return Markup(charts.training_curves([json.loads(line) for line in lines])) if lines else None


def _evaluation(
    outputs: Mapping[str, Mapping[str, tuple[Artifact, ...]]], record: RunRecord | None
) -> list[tuple[str, Markup]]:
    """(metric, chart) for the SavedModel."""
    if "Evaluator" not in outputs:
        return []
    mine = _own_metrics(outputs)
    names = dict.fromkeys(value.metric for value in mine if not is_of_adaptation(value.metric))
    return [(name, Markup(_metric_chart(name, mine, record))) for name in names if name != "example_count"]


def _adaptation(outputs: Mapping[str, Mapping[str, tuple[Artifact, ...]]]) -> list[tuple[str, Markup]]:
    """(title, chart) for the SavedModel of a few-shot task."""
    if "Evaluator" not in outputs:
        return []
    mine = _own_metrics(outputs)
    charts = {"inner steps": adaptation_curves(mine), "support examples": curves_by_shot(mine)}
    return [(f"{name} against {x}", Markup(chart)) for x, found in charts.items() for name, chart in found]


def _own_metrics(outputs: Mapping[str, Mapping[str, tuple[Artifact, ...]]]) -> list[MetricValue]:
    """Metric values of the SavedModel that the run trained."""
    values = read_metrics(str(_path(outputs["Evaluator"], "evaluation")))
    return [value for value in values if value.model in ("", CANDIDATE)]


def _metric_chart(name: str, values: Sequence[MetricValue], record: RunRecord | None) -> str:
    gates, label_key, labels = (record.gates, record.label_key, record.labels) if record else ([], "", [])
    findings = [each for each in gates if each.gate == "evaluation" and each.metric == name]
    limits = {bool(finding.where): bounds(finding.limit) for finding in findings}
    failing = frozenset(finding.where for finding in findings if not finding.passed)
    names = {f"{label_key}={index}": label for index, label in enumerate(labels)}
    mine = [value for value in values if value.metric == name]
    return charts.metric_by_slice(name, mine, limits, failing, names)


def _confusion(outputs: Mapping[str, Mapping[str, tuple[Artifact, ...]]], record: RunRecord | None) -> Markup | None:
    if "Evaluator" not in outputs:
        return None
    matrix = read_confusion(str(_path(outputs["Evaluator"], "evaluation")), CANDIDATE)
    if matrix is None:
        return None
    # Classes without an example at the end of the list leave the matrix smaller than the list.
    labels = (record.labels if record else []) or [str(index) for index in range(len(matrix))]
    return Markup(charts.confusion(matrix, labels[: len(matrix)]))


def _compression(record: RunRecord) -> Compression | None:
    tested = [name.removeprefix("test_") for name in record.metrics if name.startswith("test_")]
    return read_compression(record, next((name for name in tested if name != "example_count"), "metric"))


def _drift_charts(
    outputs: Mapping[str, Mapping[str, tuple[Artifact, ...]]], findings: Sequence[Finding]
) -> list[tuple[str, Markup]]:
    """(title, chart) for the features that drifted most."""
    if "StatisticsGen" not in outputs:
        return []
    return [(title, Markup(chart)) for title, chart in drift_charts(_path(outputs["StatisticsGen"]), findings)]


def _class_charts(outputs: Mapping[str, Mapping[str, tuple[Artifact, ...]]]) -> list[tuple[str, Markup]]:
    """(feature, chart) for each categorical feature whose values can be told apart in one."""
    if "StatisticsGen" not in outputs:
        return []
    splits = read_statistics(_path(outputs["StatisticsGen"]))
    return [(name, Markup(charts.class_counts(splits, name))) for name in charts.countable_features(splits)]
