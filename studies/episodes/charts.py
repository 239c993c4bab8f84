"""Charts of few-shot episodes: curves that were fitted, context variables, queries that were confused."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from inspection.adaptation import curve_trace
from inspection.charts import BLUE, GREEN, GREY, ORANGE, RED, as_html, shades

COLUMNS = 3
PALETTE = (BLUE, ORANGE, GREEN, RED, "#9333ea", "#0891b2", "#ca8a04", "#db2777", "#4d7c0f", GREY)


def fits_chart(fits: Sequence[Mapping[str, Any]]) -> str:
    """A small chart for each episode: the true curve, its support points, and what is predicted after inner steps."""
    rows = -(-len(fits) // COLUMNS)
    titles = [fit["title"] for fit in fits]
    figure = make_subplots(rows, COLUMNS, subplot_titles=titles, vertical_spacing=0.26 / rows, horizontal_spacing=0.06)
    for number, fit in enumerate(fits):
        place = {"row": number // COLUMNS + 1, "col": number % COLUMNS + 1}
        after = fit["after"]
        for line, colour in zip(after, [ORANGE, *shades(len(after))[1:]], strict=True):
            name = "before adaptation" if line["step"] == 0 else f"after step {line['step']}"
            style = {"color": colour, "dash": "dot"} if line["step"] == 0 else {"color": colour}
            figure.add_trace(_line(fit["x"], line["y"], name, style, number), **place)
        figure.add_trace(_line(fit["x"], fit["y"], "true curve", {"color": GREY, "dash": "dash"}, number), **place)
        points = go.Scatter(
            x=fit["support_x"],
            y=fit["support_y"],
            name="support points",
            legendgroup="support points",
            showlegend=number == 0,
            mode="markers",
            marker={"color": RED, "size": 8},
        )
        figure.add_trace(points, **place)
    figure.update_annotations(font_size=13)
    return as_html(figure, height=110 + 220 * rows)


def context_charts(values: Sequence[Sequence[float]], parameters: Mapping[str, Sequence[Any]]) -> list[tuple[str, str]]:
    """(parameter, chart) for each parameter of the episodes: their context variables, coloured by it.

    Args:
      values: context variables after adaptation, `[episode, variable]`.
      parameters: {name: its value for each episode}, numbers or names.
    """
    places, axes = plane(np.asarray(values, np.float64))
    charts = []
    for name, known in parameters.items():
        figure = go.Figure()
        if isinstance(known[0], str):
            for number, each in enumerate(sorted(set(known))):
                mine = places[np.asarray(known) == each]
                marker = {"size": 7, "color": PALETTE[number % len(PALETTE)], "symbol": number // len(PALETTE)}
                figure.add_trace(go.Scatter(x=mine[:, 0], y=mine[:, 1], mode="markers", name=each, marker=marker))
        else:
            marker = {"size": 6, "color": known, "colorscale": "Viridis", "showscale": True}
            marker["colorbar"] = {"title": name, "thickness": 12}
            hover = f"{name} %{{marker.color:.2f}}<extra></extra>"
            trace = go.Scatter(x=places[:, 0], y=places[:, 1], mode="markers", marker=marker, hovertemplate=hover)
            figure.add_trace(trace)
        figure.update_xaxes(title=axes[0])
        figure.update_yaxes(title=axes[1])
        charts.append((name, as_html(figure, height=420)))
    return charts


def plane(values: np.ndarray) -> tuple[np.ndarray, tuple[str, str]]:
    """Points `[episode, variable]` as `[episode, 2]` with the axes' names: the variables themselves where they are one
    or two, else their first two principal components."""
    count = values.shape[1]
    if count <= 2:
        return np.pad(values, ((0, 0), (0, 2 - count))), ("context variable 0", "context variable 1" * (count - 1))
    centred = values - values.mean(axis=0)
    scores, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    shares = sizes**2 / max(np.sum(sizes**2), np.finfo(float).tiny)
    first, second = (f"principal component {i + 1} ({shares[i]:.0%} of the variance)" for i in range(2))
    return scores[:, :2] * sizes[:2], (first, second)


def confusion_chart(episode: Mapping[str, Any]) -> str:
    """Queries of one episode by true and predicted class, a support drawing of each class along both axes."""
    matrix = np.asarray(episode["matrix"])
    pictures = [classes[0] for classes in episode["support"]]
    places = list(range(len(pictures)))
    figure = go.Figure(
        go.Heatmap(
            z=np.where(matrix > 0, matrix, np.nan),
            x=places,
            y=places,
            colorscale="Blues",
            showscale=False,
            texttemplate="%{z:.0f}",
            hovertemplate="true %{y}, predicted %{x}: %{z:.0f}<extra></extra>",
            xgap=2,
            ygap=2,
        )
    )
    size = {"sizex": 0.84, "sizey": 0.84, "xanchor": "center", "yanchor": "middle", "layer": "above"}
    for place, picture in enumerate(pictures):
        figure.add_layout_image(source=picture, xref="x", yref="y", x=place, y=len(pictures), **size)
        figure.add_layout_image(source=picture, xref="x", yref="y", x=-1, y=place, **size)
    ends = [-1.5, len(pictures) - 0.5]
    axis = {"showticklabels": False, "showgrid": False, "zeroline": False}
    figure.update_xaxes(title="predicted class", range=ends, **axis)
    figure.update_yaxes(title="true class", range=[len(pictures) + 0.5, -0.5], **axis)
    return as_html(figure, height=420)


def learners_chart(metric: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """The metric of each learner against inner steps, with its intervals."""
    figure = go.Figure()
    for number, row in enumerate(rows):
        curve = dict(enumerate(zip(row["means"], row["half_widths"], strict=True)))
        line = {"color": PALETTE[number % len(PALETTE)]}
        figure.add_trace(curve_trace(curve, name=f"{row['learner']}, {row['name']}", line=line))
    figure.update_xaxes(title="inner steps", dtick=1)
    figure.update_yaxes(title=metric, rangemode="tozero")
    figure.update_layout(showlegend=True)
    return as_html(figure)


def _line(x: Sequence[float], y: Sequence[float], name: str, style: Mapping[str, Any], number: int) -> go.Scatter:
    return go.Scatter(x=x, y=y, name=name, legendgroup=name, showlegend=number == 0, mode="lines", line=style)
