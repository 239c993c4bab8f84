"""Adaptation curves: a metric after each inner step of few-shot learning, over all episodes and by slice."""

import re
from collections.abc import Iterable, Sequence

import plotly.graph_objects as go

from inspection.charts import BLUE, as_html
from inspection.evaluation_results import MetricValue

# How few-shot tasks name a metric after a step, and half the width of its 95 % confidence interval.
_AFTER_STEP = re.compile(r"(?P<metric>.+)_step_(?P<step>\d+)(?P<interval>_ci95)?")
_INTERVAL = "_ci95"


def is_of_adaptation(metric: str) -> bool:
    """Whether a metric belongs in a curve or at its error bars, rather than in a chart of its own."""
    return bool(_AFTER_STEP.fullmatch(metric)) or metric.endswith(_INTERVAL)


def adaptation_curves(values: Iterable[MetricValue]) -> list[tuple[str, str]]:
    """(metric, chart as HTML) for each metric that is known after several inner steps.

    Args:
      values: of one model.
    """
    found: dict[str, dict[str, dict[int, list[float]]]] = {}
    for value in values:
        match = _AFTER_STEP.fullmatch(value.metric)
        if match:
            curve = found.setdefault(match["metric"], {}).setdefault(value.where, {})
            curve.setdefault(int(match["step"]), [0.0, 0.0])[bool(match["interval"])] = value.value
    return [(metric, _chart(metric, curves)) for metric, curves in found.items()]


def _chart(metric: str, curves: dict[str, dict[int, list[float]]]) -> str:
    figure = go.Figure()
    for where in sorted(curves, key=lambda where: (where != "", where)):
        steps = sorted(curves[where])
        figure.add_trace(
            go.Scatter(
                x=steps,
                y=_column(curves[where], steps, 0),
                error_y={"type": "data", "array": _column(curves[where], steps, 1)},
                name=where or "all episodes",
                mode="lines+markers",
                line={"color": BLUE, "width": 3} if not where else {"dash": "dot"},
            )
        )
    figure.update_xaxes(title="inner steps", dtick=1)
    figure.update_yaxes(title=metric)
    return as_html(figure)


def _column(curve: dict[int, list[float]], steps: Sequence[int], place: int) -> list[float]:
    return [curve[step][place] for step in steps]
