"""Metrics and durations of a pipeline's runs over time, and where they got worse."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import plotly.graph_objects as go
from markupsafe import Markup

from inspection.charts import BLUE, GREY, RED, as_html
from inspection.runs import key_metrics
from inspection.significance import is_higher_better, is_share, two_shares
from records.run import RunRecord

# What a run is held against: the median of so many before it.
WINDOW = 5
# Changes that are reported, of metrics that are no share of examples and of times.
WORSE_BY, SLOWER_BY = 0.05, 1.5
SURE = 0.05
HEIGHT = 300


@dataclass(frozen=True, kw_only=True)
class Point:
    """A run by one quantity.

    Attributes:
      run_id: which run.
      started_at: UTC, ISO 8601.
      value: the quantity.
      usual: the median of the runs before it; None for the first.
      is_worse: whether it is a regression.
    """

    run_id: str
    started_at: str
    value: float
    usual: float | None
    is_worse: bool


def metric_trends(records: Sequence[RunRecord]) -> dict[str, list[Point]]:
    """{metric: points} of the runs that have it, oldest first.

    A share of examples is worse where the z test of two shares says that it is not chance (p < 0.05); another metric
    where it is worse by more than 5 % of what was usual.
    """
    names = dict.fromkeys(name for record in records for name in key_metrics(record))
    found: dict[str, list[Point]] = {}
    for name in names:
        having = [record for record in records if f"test_{name}" in record.metrics]
        values = [record.metrics[f"test_{name}"] for record in having]
        examples = [int(record.metrics.get("test_example_count", 0)) for record in having]
        points = []
        for place, record in enumerate(having):
            usual = _usual(values[:place])
            worse = usual is not None and _is_worse(name, values[place], usual, examples[place])
            points.append(_point(record, values[place], usual, worse))
        found[name] = points
    return found


def duration_trend(records: Sequence[RunRecord]) -> list[Point]:
    """Seconds of the runs that ended and took nothing from the cache; slower is half as much again as was usual."""
    whole = [record for record in records if record.state == "done" and not any(node.cached for node in record.nodes)]
    values = [record.total_secs for record in whole]
    points = []
    for place, record in enumerate(whole):
        usual = _usual(values[:place])
        points.append(_point(record, values[place], usual, usual is not None and values[place] > SLOWER_BY * usual))
    return points


def trend_chart(title: str, points: Sequence[Point]) -> Markup:
    """A line over the runs; regressions are crosses."""
    figure = go.Figure(
        go.Scatter(
            x=[point.started_at for point in points],
            y=[point.value for point in points],
            name=title,
            mode="lines+markers",
            line={"color": BLUE},
            customdata=[point.run_id for point in points],
            hovertemplate="%{customdata}: %{y:.4f}<extra></extra>",
        )
    )
    usual = [point for point in points if point.usual is not None]
    line = {"color": GREY, "dash": "dot"}
    x, y = [point.started_at for point in usual], [point.usual for point in usual]
    figure.add_trace(go.Scatter(x=x, y=y, name="usual", mode="lines", line=line))
    worse = [point for point in points if point.is_worse]
    if worse:
        marker = {"symbol": "x", "size": 13, "color": RED}
        x, values = [point.started_at for point in worse], [point.value for point in worse]
        figure.add_trace(go.Scatter(x=x, y=values, name="regression", mode="markers", marker=marker))
    figure.update_yaxes(title=title.partition(",")[0])
    return Markup(as_html(figure, height=HEIGHT))


def _usual(values: Sequence[float]) -> float | None:
    return median(values[-WINDOW:]) if values else None


def _is_worse(metric: str, value: float, usual: float, examples: int) -> bool:
    worsening = usual - value if is_higher_better(metric) else value - usual
    if worsening <= 0:
        return False
    if is_share(metric) and examples:
        return two_shares(value, examples, usual, examples) < SURE
    return worsening > WORSE_BY * abs(usual)


def _point(record: RunRecord, value: float, usual: float | None, is_worse: bool) -> Point:
    return Point(run_id=record.run_id, started_at=record.started_at, value=value, usual=usual, is_worse=is_worse)
