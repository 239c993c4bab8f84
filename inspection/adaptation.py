"""Adaptation curves: a metric of few-shot learning against inner steps, by slice, and against support examples."""

import re
from collections.abc import Iterable, Mapping, Sequence

import plotly.graph_objects as go

from inspection.charts import BLUE, as_html, shades
from inspection.evaluation_results import MetricValue

# How few-shot tasks name a metric after a step, and half the width of its 95 % confidence interval.
_AFTER_STEP = re.compile(r"(?P<metric>.+)_step_(?P<step>\d+)")
_INTERVAL = "_ci95"
# A slice of episodes by the support examples of a class, or of a curve.
_OF_SHOT = re.compile(r"shot=(?P<shot>\d+)")

# {x: (metric, half the width of its interval)}.
Curve = Mapping[int, tuple[float, float]]


def is_of_adaptation(metric: str) -> bool:
    """Whether a metric belongs in a curve or at its error bars, rather than in a chart of its own."""
    return bool(_AFTER_STEP.fullmatch(metric)) or metric.endswith(_INTERVAL)


def adaptation_curves(values: Iterable[MetricValue]) -> list[tuple[str, str]]:
    """(metric, chart as HTML) for each metric that is known after several inner steps, against their number.

    Args:
      values: metric values of one model.
    """
    found: dict[str, dict[str, dict[int, tuple[float, float]]]] = {}
    for (where, name), value in _with_intervals(values).items():
        match = _AFTER_STEP.fullmatch(name)
        if match:
            found.setdefault(match["metric"], {}).setdefault(where, {})[int(match["step"])] = value
    charts = []
    for metric, curves in found.items():
        figure = go.Figure()
        for where in sorted(curves, key=lambda where: (where != "", where)):
            line = {"color": BLUE, "width": 3} if not where else {"dash": "dot"}
            figure.add_trace(curve_trace(curves[where], name=where or "all episodes", line=line))
        charts.append((metric, _chart(figure, metric, "inner steps", dtick=1)))
    return charts


def curves_by_shot(values: Iterable[MetricValue]) -> list[tuple[str, str]]:
    """(metric, chart as HTML) for each metric of several slices by shot, with a curve for each number of inner steps.

    Args:
      values: metric values of one model.
    """
    found: dict[str, dict[int | None, dict[int, tuple[float, float]]]] = {}
    for (where, name), value in _with_intervals(values).items():
        match, after = _OF_SHOT.fullmatch(where), _AFTER_STEP.fullmatch(name)
        if match:
            metric, step = (after["metric"], int(after["step"])) if after else (name, None)
            found.setdefault(metric, {}).setdefault(step, {})[int(match["shot"])] = value
    charts = []
    for metric, curves in found.items():
        # Without a number of steps it is the metric after those of training, which is there by its number too.
        steps: Sequence[int | None] = sorted(step for step in curves if step is not None) or [None]
        if len(curves[steps[0]]) < 2:
            continue
        figure = go.Figure()
        for step, colour in zip(steps, shades(len(steps)), strict=True):
            name = metric if step is None else f"inner steps: {step}"
            figure.add_trace(curve_trace(curves[step], name=name, line={"color": colour}))
        charts.append((metric, _chart(figure, metric, "support examples of a class or a curve")))
    return charts


def curve_trace(curve: Curve, *, name: str, line: Mapping[str, object]) -> go.Scatter:
    """A curve with its intervals."""
    places = sorted(curve)
    return go.Scatter(
        x=places,
        y=[curve[place][0] for place in places],
        error_y={"type": "data", "array": [curve[place][1] for place in places]},
        name=name,
        mode="lines+markers",
        line=line,
    )


def _with_intervals(values: Iterable[MetricValue]) -> dict[tuple[str, str], tuple[float, float]]:
    """{(slice, metric): (value, half the width of its interval)} of the metrics that have an interval."""
    plain = {(value.where, value.metric): value.value for value in values}
    return {
        (where, name): (value, plain[where, name + _INTERVAL])
        for (where, name), value in plain.items()
        if (where, name + _INTERVAL) in plain
    }


def _chart(figure: go.Figure, metric: str, against: str, *, dtick: int | None = None) -> str:
    figure.update_xaxes(title=against, dtick=dtick)
    figure.update_yaxes(title=metric, rangemode="tozero")
    return as_html(figure)
