"""The report's charts, as HTML that needs plotly.js and charts.js once in the page."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from inspection.figures import figure_html
from inspection.slices import SliceRow
from inspection.statistics import SplitStatistics

BLUE, ORANGE, GREEN, RED, GREY = "#2563eb", "#ea580c", "#009e73", "#dc2626", "#64748b"
# Apart to colour-blind people, too (Okabe and Ito 2008).
PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#7f6000", "#7f7f7f")
HEIGHT = 320
# Pixels between a plot and the top of its legend, with room for an axis title.
LEGEND_BELOW = 50
# More values of a feature cannot be told apart in one chart.
MAX_BARS = 60
# Of a label that stands upright.
PIXELS_PER_LETTER = 7


def as_html(figure: go.Figure, *, height: int = HEIGHT, is_legend_above: bool = False) -> str:
    """A figure in the report's style; long labels of its x axis want the legend above."""
    margin = {"l": 50, "r": 16, "t": 52, "b": 64}
    # Plotly places legends by shares of the plot's height.
    legend_y = -LEGEND_BELOW / (height - margin["t"] - margin["b"])
    figure.update_layout(
        height=height,
        margin=margin,
        template="plotly_white",
        font={"family": "system-ui, sans-serif", "size": 13},
        legend={"orientation": "h", "x": 0, **({"y": 1, "yanchor": "bottom"} if is_legend_above else {"y": legend_y})},
    )
    return figure_html(figure)


def shades(count: int) -> list[str]:
    """Colours of a sequence, the first in grey, then from light to full blue."""
    blues = [f"rgba(37,99,235,{1 - 0.65 * (count - 1 - place) / max(1, count - 2):.2f})" for place in range(1, count)]
    return [GREY, *blues] if count > 1 else [BLUE]


def training_curves(history: Sequence[Mapping[str, Any]]) -> str:
    """Train and eval value of each metric by epoch, the learning rate, and the epoch whose weights were kept."""
    names = list(history[0]["train"])
    figure = make_subplots(rows=1, cols=len(names) + 1, subplot_titles=[*names, "learning rate"])
    epochs = [record["epoch"] for record in history]
    best = max((record["epoch"] for record in history if record["is_best"]), default=None)
    for column, name in enumerate(names, start=1):
        for split, key, colour in (("train", "train", BLUE), ("eval", "evaluation", ORANGE)):
            values = [record[key][name] for record in history]
            line = {"color": colour}
            trace = go.Scatter(x=epochs, y=values, name=split, legendgroup=split, line=line, showlegend=column == 1)
            figure.add_trace(trace, row=1, col=column)
        if best is not None:
            figure.add_vline(x=best, line={"color": GREEN, "dash": "dot"}, row=1, col=column)
    rates = [record["learning_rate"] for record in history]
    figure.add_trace(go.Scatter(x=epochs, y=rates, line={"color": GREY}, showlegend=False), row=1, col=len(names) + 1)
    figure.update_xaxes(title="epoch")
    return as_html(figure, height=340)


def metric_by_slice(
    metric: str,
    rows: Sequence[SliceRow],
    limits: Mapping[bool, Sequence[float]],
    failing: frozenset[str],
) -> str:
    """Bars of one metric, over all examples and by slice, with their intervals and with the gate's limits as lines.

    Args:
      metric: its name.
      rows: over all examples, then by slice, the worst first.
      limits: {whether they hold slices rather than all examples: the limits}.
      failing: the slices that a gate refused; empty for all examples.
    """
    spreads = [((r.high or r.value) - r.value, r.value - (r.low if r.low is not None else r.value)) for r in rows]
    interval = {"type": "data", "array": [up for up, _ in spreads], "arrayminus": [down for _, down in spreads]}
    figure = go.Figure(
        go.Bar(
            x=[row.name for row in rows],
            y=[row.value for row in rows],
            name=metric,
            error_y={**interval, "color": GREY, "thickness": 1.5} if any(map(any, spreads)) else None,
            marker_color=[RED if r.where in failing else BLUE if r.where == "" else "#93c5fd" for r in rows],
            customdata=["" if row.examples is None else f", {row.examples:,} examples" for row in rows],
            hovertemplate="%{x}: %{y:.4f}%{customdata}<extra></extra>",
        )
    )
    if any(row.baseline is not None for row in rows):
        figure.add_trace(
            go.Scatter(
                x=[row.name for row in rows],
                y=[row.baseline for row in rows],
                name="baseline",
                mode="markers",
                marker={"symbol": "line-ew-open", "size": 16, "color": ORANGE, "line": {"width": 3}},
                hovertemplate="baseline, %{x}: %{y:.4f}<extra></extra>",
            )
        )
    for for_slices, limit in ((for_slices, limit) for for_slices, found in limits.items() for limit in found):
        last = len(rows) - 0.5
        span = (0.5, last) if for_slices else (-0.5, 0.5)
        style = {"color": RED, "dash": "dash", "width": 2}
        figure.add_shape(type="line", x0=span[0], x1=span[1], y0=limit, y1=limit, line=style)
        label = {
            "text": f"limit {limit:g}",
            "showarrow": False,
            "font": {"color": RED},
            "bgcolor": "rgba(255,255,255,.85)",
        }
        figure.add_annotation(x=span[1], y=limit, xanchor="right", yanchor="bottom", **label)
    ends = [
        end
        for row in rows
        for end in (row.value, row.low, row.high, row.baseline)
        if end is not None and math.isfinite(end)
    ]
    shown = [0.0, *ends, *(limit for found in limits.values() for limit in found)]
    lowest, highest = min(shown), max(shown)
    room = (highest - lowest) * 0.08
    # Classes may be called by numbers.
    figure.update_xaxes(type="category")
    # The length of a bar is its value.
    figure.update_yaxes(title=metric, range=[lowest - (room if lowest < 0 else 0), highest + room])
    return as_html(figure)


def confusion(matrix: np.ndarray, labels: Sequence[str]) -> str:
    """Counts `[actual, predicted]` as a heat map; what is off the diagonal stands out."""
    shown = np.where(matrix > 0, matrix, np.nan)
    figure = go.Figure(
        go.Heatmap(
            z=shown, x=labels, y=labels, colorscale="Blues", showscale=False, text=matrix, texttemplate="%{z:.0f}"
        )
    )
    figure.update_xaxes(title="predicted", type="category")
    figure.update_yaxes(title="actual", type="category", autorange="reversed")
    return as_html(figure, height=420)


def countable_features(splits: Sequence[SplitStatistics]) -> list[str]:
    """Categorical features with few enough values for a chart of their counts."""
    values: dict[str, set[str]] = {}
    for feature in (feature for split in splits for feature in split.features):
        values.setdefault(feature.name, set()).update(feature.values)
    return [name for name, found in values.items() if 0 < len(found) <= MAX_BARS]


def class_counts(splits: Sequence[SplitStatistics], feature: str) -> str:
    """How many examples have each value of a categorical feature, by split."""
    figure = go.Figure()
    counts = {split.split: next(f.values for f in split.features if f.name == feature) for split in splits}
    values = sorted(set().union(*counts.values()), key=lambda value: (len(value), value))
    for split, colour in zip(("train", "eval", "test"), (BLUE, ORANGE, GREEN), strict=True):
        if split in counts:
            figure.add_trace(
                go.Bar(x=values, y=[counts[split].get(v, 0) for v in values], name=split, marker_color=colour)
            )
    figure.update_xaxes(title=feature, type="category")
    figure.update_yaxes(title="examples")
    label_height = PIXELS_PER_LETTER * max(map(len, values))
    return as_html(figure, height=HEIGHT + label_height, is_legend_above=True)
