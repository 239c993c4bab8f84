"""How metrics of a forecast depend on how far ahead it is."""

import re
from collections.abc import Iterable

import plotly.graph_objects as go

from inspection.charts import BLUE, as_html
from inspection.evaluation_results import MetricValue

# How forecasting tasks name a metric of a part of the horizon.
_OF_STEPS = re.compile(r"(?P<metric>.+)_steps_(?P<first>\d+)_(?P<last>\d+)")


def errors_by_step(values: Iterable[MetricValue]) -> list[tuple[str, str]]:
    """(metric, chart as HTML) for each metric that is known of parts of the horizon, over all examples.

    Args:
      values: metric values of one model.
    """
    found: dict[str, dict[tuple[int, int], float]] = {}
    for value in values:
        match = None if value.where else _OF_STEPS.fullmatch(value.metric)
        if match:
            found.setdefault(match["metric"], {})[int(match["first"]), int(match["last"])] = value.value
    charts = []
    for metric, parts in found.items():
        places = sorted(parts)
        names = [f"{first} to {last}" for first, last in places]
        bars = go.Bar(x=names, y=[parts[place] for place in places], name=metric, marker_color=BLUE)
        figure = go.Figure(bars)
        figure.update_xaxes(title="steps ahead", type="category")
        figure.update_yaxes(title=metric)
        charts.append((metric, as_html(figure)))
    return charts
