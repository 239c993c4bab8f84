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
from inspection.example_views import ExampleView, example_views
from inspection.limits import Verdict, bounds, count_limits, verdict
from inspection.page import Section, html
from inspection.prediction_charts import counts, judged
from inspection.runs import Run, key_metrics
from inspection.slices import SliceRow, metric_names, slice_rows
from inspection.statistics import read_anomalies, read_statistics
from inspection.store import Artifact
from inspection.trials import TrialsDrawing, draw_trials, read_trials
from records.evaluation import BASELINE, CANDIDATE
from records.findings import Finding
from records.model_run import HISTORY_FILE
from records.predictions import read_predictions
from records.run import RunRecord
from records.shown_examples import read_shown_examples
from records.spans import describe_spans
from records.stores import path_at

if TYPE_CHECKING:
    from etils import epath

# {node: {channel: artifacts}}
Outputs = Mapping[str, Mapping[str, tuple[Artifact, ...]]]

# A report holds their pictures.
WRONG_EXAMPLES = 12
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
    return html("report.html", **report_values(run, studies=studies))


def report_values(run: Run, *, studies: Sequence[Section] = ()) -> dict[str, Any]:
    """What the template `run.html` shows of a run, in a report and elsewhere; see `render_report`."""
    outputs = _outputs(run)
    record = run.record
    nodes, findings = (record.nodes, record.gates) if record else ([], [])
    gates = _gates(findings)
    statistics, anomalies = _place(outputs, "StatisticsGen"), _place(outputs, "ExampleValidator")
    return {
        "run": run,
        "record": record,
        "verdict": VERDICTS.get(run.state, run.state),
        "drawing": draw({node.name: node.upstream for node in nodes}),
        "box_width": BOX_WIDTH,
        "box_height": BOX_HEIGHT,
        "nodes": {node.name: node for node in nodes},
        "changed": [node for node in nodes if node.reasons],
        "pushes": record.pushes if record else [],
        "spans": describe_spans(record.spans) if record else "",
        "headline": _headline(record) if record else [],
        "gates": gates,
        "open_gates": [gate for gate in gates if gate[0] in ("missed", "left out")],
        "quiet_gates": [gate for gate in gates if gate[0] not in ("missed", "left out")],
        "limits_kept": count_limits(findings),
        "training": _training(outputs),
        "trials": _trials(outputs, record),
        "evaluation": _evaluation(outputs, record),
        "adaptation": _adaptation(outputs),
        "confusion": _confusion(outputs, record),
        "shown_examples": _wrong_examples(outputs, record),
        "compression": _compression(record) if record else None,
        "studies": studies,
        "statistics": read_statistics(statistics) if statistics else [],
        "drift_charts": _drift_charts(outputs, findings),
        "class_charts": _class_charts(outputs),
        "anomalies": read_anomalies(anomalies) if anomalies else [],
        "artifacts": [(e, channel, a) for e in run.executions for channel, found in e.outputs.items() for a in found],
        "config": yaml.safe_dump(record.config if record else {}, sort_keys=False),
    }


def _outputs(run: Run) -> Outputs:
    """{node: its outputs} of the executions that succeeded, in this run or in the one that the cache took them from.

    Those whose files are gone are left out.
    """
    return {
        execution.node: execution.outputs
        for execution in run.executions
        if execution.outputs and not any(each.is_deleted for found in execution.outputs.values() for each in found)
    }


def _place(outputs: "Outputs", node: str, channel: str = "") -> "epath.Path | None":
    """The directory of a node's output, the only one where no channel is named; None where there is none."""
    channels = outputs.get(node, {})
    artifacts = channels.get(channel, ()) if channel else next(iter(channels.values()), ())
    return path_at(artifacts[0].uri) if artifacts else None


def _headline(record: RunRecord) -> list[tuple[str, str]]:
    """Names and values at the top of the page: metrics, the time that the run took, the versions it pushed."""
    found = []
    first = [f"test_{name}" for name in key_metrics(record)]
    order = [*first, *(name for name in record.metrics if name.startswith("test_")), *record.metrics]
    for name in dict.fromkeys(order):
        value = record.metrics[name]
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


def _training(outputs: Outputs) -> Markup | None:
    place = _place(outputs, "Trainer", "model_run")
    path = place / HISTORY_FILE if place else None
    lines = path.read_text().splitlines() if path and path.exists() else []
    return Markup(charts.training_curves([json.loads(line) for line in lines])) if lines else None


def _trials(outputs: Outputs, record: RunRecord | None) -> TrialsDrawing | None:
    place = _place(outputs, "Tuner", "tuner_results")
    search = record.config.get("tune") if record else None
    metric = search["metric"] if search else "score"
    return draw_trials(read_trials(place), metric) if place else None


def _evaluation(outputs: Outputs, record: RunRecord | None) -> list[tuple[str, Markup, list[SliceRow]]]:
    """(metric, chart, rows) for the SavedModel."""
    place = _place(outputs, "Evaluator", "evaluation")
    values = read_metrics(place) if place else []
    found = []
    for name in metric_names(values, CANDIDATE):
        if not is_of_adaptation(name):
            rows = slice_rows(values, name, model=CANDIDATE, baseline=BASELINE, names=slice_names(record))
            found.append((name, Markup(metric_chart(name, rows, record)), rows))
    return found


def _adaptation(outputs: Outputs) -> list[tuple[str, Markup]]:
    """(title, chart) for the SavedModel of a few-shot task."""
    mine = _own_metrics(outputs)
    charts = {"inner steps": adaptation_curves(mine), "support examples": curves_by_shot(mine)}
    return [(f"{name} against {x}", Markup(chart)) for x, found in charts.items() for name, chart in found]


def _own_metrics(outputs: Outputs) -> list[MetricValue]:
    """Metric values of the SavedModel that the run trained."""
    place = _place(outputs, "Evaluator", "evaluation")
    values = read_metrics(place) if place else []
    return [value for value in values if value.model in ("", CANDIDATE)]


def slice_names(record: RunRecord | None) -> dict[str, str]:
    """What to call slices of the label."""
    return {f"{record.label_key}={index}": label for index, label in enumerate(record.labels)} if record else {}


def metric_chart(name: str, rows: Sequence[SliceRow], record: RunRecord | None) -> str:
    """One metric by slice, with the limits of the run's gates."""
    gates = record.gates if record else []
    findings = [each for each in gates if each.gate == "evaluation" and each.metric == name]
    limits = {bool(finding.where): bounds(finding.limit) for finding in findings}
    failing = frozenset(finding.where for finding in findings if not finding.passed)
    return charts.metric_by_slice(name, rows, limits, failing)


def _confusion(outputs: Outputs, record: RunRecord | None) -> Markup | None:
    place = _place(outputs, "Evaluator", "evaluation")
    matrix = read_confusion(place, CANDIDATE) if place else None
    if place is not None and matrix is None:
        # TFMA has no such plot of two classes.
        predictions = read_predictions(place)
        classes = judged(predictions, CANDIDATE) if predictions else None
        matrix = counts(classes) if classes else None
    if matrix is None:
        return None
    # Classes without an example at the end of the list leave the matrix smaller than the list.
    labels = (record.labels if record else []) or [str(index) for index in range(len(matrix))]
    return Markup(charts.confusion(matrix, labels[: len(matrix)]))


def _wrong_examples(outputs: Outputs, record: RunRecord | None) -> list[ExampleView]:
    """Those that the SavedModel is most confidently wrong about."""
    place = _place(outputs, "Evaluator", "evaluation")
    found = read_predictions(place) if place else None
    if place is None or found is None:
        return []
    views = example_views(
        read_shown_examples(str(place)),
        kind=found.kind,
        threshold=found.threshold,
        labels=record.labels if record else [],
        slice_names=slice_names(record),
    )
    return [view for view in views if view.is_wrong is not False][:WRONG_EXAMPLES]


def _compression(record: RunRecord) -> Compression | None:
    tested = [name.removeprefix("test_") for name in record.metrics if name.startswith("test_")]
    return read_compression(record, next((name for name in tested if name != "example_count"), "metric"))


def _drift_charts(outputs: Outputs, findings: Sequence[Finding]) -> list[tuple[str, Markup]]:
    """(title, chart) for the features that drifted most."""
    place = _place(outputs, "StatisticsGen")
    return [(title, Markup(chart)) for title, chart in drift_charts(place, findings)] if place else []


def _class_charts(outputs: Outputs) -> list[tuple[str, Markup]]:
    """(feature, chart) for each categorical feature whose values can be told apart in one."""
    place = _place(outputs, "StatisticsGen")
    splits = read_statistics(place) if place else []
    return [(name, Markup(charts.class_counts(splits, name))) for name in charts.countable_features(splits)]
