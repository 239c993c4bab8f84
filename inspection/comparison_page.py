"""What a page shows of a comparison: its tables, and its charts with the runs over each other."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from markupsafe import Markup
from plotly.subplots import make_subplots

from inspection.charts import HEIGHT, PALETTE, as_html
from inspection.comparison import (
    Compared,
    common_metrics,
    config_differences,
    data_differences,
    node_differences,
    slice_differences,
    version_differences,
)
from inspection.histograms import Distribution, histogram, read_distributions
from inspection.metric_table import MetricCell, metric_table
from records.model_run import HISTORY_FILE
from records.run import RunRecord
from records.stores import path_at

SHOWN_SLICES, SHOWN_FEATURES = 15, 12
SYMBOLS = ("circle", "diamond", "square", "cross", "triangle-up", "star", "hexagon", "x")
DASHES = ("solid", "dash", "dot", "dashdot")


def comparison_values(runs: Sequence[Compared], others: Sequence[RunRecord]) -> dict[str, Any]:
    """What the template `comparison.html` shows.

    Args:
      runs: two at least, with records.
      others: all runs of their roots, which tell how much the seed changes.
    """
    metrics, metrics_of_runs = common_metrics(runs), metric_table(runs, others)
    main = metrics[0] if metrics else None
    return {
        "runs": runs,
        "config": config_differences(runs),
        "versions": version_differences(runs),
        "data": data_differences(runs),
        "nodes": node_differences(runs),
        "metrics": metrics_of_runs,
        "tests": _tests(metrics_of_runs),
        "main_metric": main,
        "slices": slice_differences(runs, main)[:SHOWN_SLICES] if main else [],
        "training": _training(runs),
        "front": _front(runs),
        "distributions": _distributions(runs),
    }


def _tests(metrics: Mapping[str, Sequence[MetricCell]]) -> list[str]:
    """How the p values were found, in a sentence for each way; empty where there are none."""
    cells = [cell for found in metrics.values() for cell in found if cell.p is not None]
    methods = dict.fromkeys(cell.test.method for cell in cells if cell.test)
    pairs = sorted({cell.test.pairs for cell in cells if cell.test})
    found = []
    if pairs:
        examples = f"{pairs[0]:,}" if len(pairs) == 1 else f"{pairs[0]:,} to {pairs[-1]:,}"
        found.append(f"p: {' and '.join(methods)}, on {examples} test examples that both models were asked about.")
    if any(cell.test is None for cell in cells):
        found.append(
            "Where runs kept no prediction of each example, or have none in common, p is by the z test of two shares, "
            "which is an upper bound."
        )
    if any(cell.seed_p is not None for cell in cells):
        found.append("p of seeds: a t test of the change against the spread of runs that differ in the seed alone.")
    elif cells:
        found.append(
            "How much another seed would change is not known, so that nothing is in bold: it takes three more runs of "
            "one of the configs, or two of each, that differ in the seed alone."
        )
    return found


def _training(runs: Sequence[Compared]) -> Markup | None:
    """Each metric of the eval split by epoch, a line a run."""
    histories = [(run.name, found) for run in runs if (found := _history(run))]
    names = list(dict.fromkeys(name for _, history in histories for name in history[0]["evaluation"]))
    if not names:
        return None
    figure = make_subplots(rows=1, cols=len(names), subplot_titles=[f"eval {name}" for name in names])
    for number, (run, history) in enumerate(histories):
        line = {"color": PALETTE[number % len(PALETTE)], "dash": DASHES[number // len(PALETTE) % len(DASHES)]}
        for column, name in enumerate(names, start=1):
            trace = go.Scatter(
                x=[row["epoch"] for row in history],
                y=[row["evaluation"].get(name) for row in history],
                name=run,
                legendgroup=run,
                showlegend=column == 1,
                line=line,
            )
            figure.add_trace(trace, row=1, col=column)
    figure.update_xaxes(title="epoch")
    return Markup(as_html(figure, height=HEIGHT + 20))


def _history(run: Compared) -> list[dict[str, Any]]:
    execution = run.execution("Trainer")
    if execution is None or "model_run" not in execution.outputs:
        return []
    path = path_at(execution.outputs["model_run"][0].uri) / HISTORY_FILE
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _front(runs: Sequence[Compared]) -> Markup | None:
    """All variants of all runs: the metric on the eval split against bytes and against latency."""
    names = list(dict.fromkeys(variant.name for run in runs for variant in run.record.variants))
    measured = [(run, variant) for run in runs for variant in run.record.variants if variant.eval_metric is not None]
    if not measured:
        return None
    titles = ["against bytes", "against latency"]
    figure = make_subplots(rows=1, cols=2, subplot_titles=titles, shared_yaxes=True, horizontal_spacing=0.06)
    for run, variant in measured:
        symbol = SYMBOLS[[each.name for each in runs].index(run.name) % len(SYMBOLS)]
        colour = PALETTE[names.index(variant.name) % len(PALETTE)]
        value, low, high = variant.eval_metric, variant.eval_metric_low, variant.eval_metric_high
        interval = None
        if value is not None and low is not None and high is not None:
            interval = {"array": [high - value], "arrayminus": [value - low], "thickness": 1}
        for column, cost in enumerate((variant.bytes, variant.latency_p50_ms), start=1):
            trace = go.Scatter(
                x=[cost],
                y=[value],
                error_y=interval,
                mode="markers",
                marker={"symbol": symbol, "size": 11, "color": colour},
                name=f"{variant.name}, {run.name}",
                legendgroup=f"{variant.name}, {run.name}",
                showlegend=column == 1,
                hovertemplate="%{y:.4f} at %{x:,.4g}",
            )
            figure.add_trace(trace, row=1, col=column)
    figure.update_xaxes(title="bytes", tickformat="~s", col=1)
    figure.update_xaxes(title="p50 at batch 1, ms", col=2)
    figure.update_yaxes(title="metric on the eval split", col=1)
    return Markup(as_html(figure, height=HEIGHT + 120))


def _distributions(runs: Sequence[Compared]) -> list[tuple[str, Markup]]:
    """(feature, chart) of the train split, the runs over each other; none where all have the same statistics."""
    found = {
        run.name: execution.outputs["statistics"][0].uri
        for run in runs
        if (execution := run.execution("StatisticsGen"))
    }
    if len(set(found.values())) < 2:
        return []
    read = {name: read_distributions(path_at(uri)) for name, uri in found.items()}
    features = list(dict.fromkeys(feature for each in read.values() for feature in each))
    charts = []
    for feature in features[:SHOWN_FEATURES]:
        mine: dict[str, Distribution] = {
            name: each[feature]["train"] for name, each in read.items() if "train" in each.get(feature, {})
        }
        chart = histogram(feature, mine)
        if chart is not None:
            charts.append((feature, Markup(chart)))
    return charts
