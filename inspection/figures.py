"""A plotly figure as a part of a page: its data, which `charts.js` draws, and the same numbers as a table."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from markupsafe import Markup, escape

# A table of more says less than the chart.
MAX_CELLS = 4000
TEMPLATE = Markup(
    '<figure class="chart"><div class="plot" style="height:{height}px{width}"></div>'
    '<script type="application/json">{json}</script>{table}</figure>'
)


def figure_html(figure: go.Figure) -> str:
    """A figure for a page that has plotly.js and charts.js once. Nothing in it is a script that runs, so that a page
    may forbid all scripts but its own files.

    Args:
      figure: with its height in pixels, and its width where it does not take what there is.
    """
    layout = figure.layout
    # Neither a tag nor the end of the element can stand in it.
    json = figure.to_json()
    for sign in "<>&":
        json = json.replace(sign, f"\\u{ord(sign):04x}")
    return str(
        TEMPLATE.format(
            height=int(layout.height or 320),
            width=f";width:{int(layout.width)}px" if layout.width else "",
            json=Markup(json),
            table=_table(figure),
        )
    )


def _table(figure: go.Figure) -> Markup:
    traces = [trace for trace in figure.data if trace.type in ("bar", "scatter") and trace.x is not None]
    heatmaps = [trace for trace in figure.data if trace.type == "heatmap" and trace.z is not None]
    if traces:
        header, rows = _series(traces, figure.layout.annotations)
    elif len(heatmaps) == 1:
        header, rows = _grid(heatmaps[0])
    else:
        return Markup("")
    if not rows or len(rows) * len(header) > MAX_CELLS:
        return Markup("")
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(name) for name in header)
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(Markup("<td>{}</td>").format(_text(cell)) for cell in row))
        for row in rows
    )
    return Markup(
        '<details class="numbers"><summary>as a table</summary><div class="box" tabindex="0"><table>'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div></details>"
    ).format(head, body)


def _series(traces: Sequence[Any], annotations: Sequence[Any]) -> tuple[list[str], list[list[Any]]]:
    """A row for each place on the axis, a column for each trace."""
    columns: list[dict[Any, Any]] = []
    for trace in traces:
        places, values = (trace.y, trace.x) if trace.orientation == "h" else (trace.x, trace.y)
        columns.append(dict(zip(_plain(places), _plain(values), strict=False)))
    places = list(dict.fromkeys(place for column in columns for place in column))
    names = _names(traces, annotations)
    return ["at", *names], [[place, *(column.get(place, "") for column in columns)] for place in places]


def _names(traces: Sequence[Any], annotations: Sequence[Any]) -> list[str]:
    """What tells the traces apart; those of several plots have the title of theirs before."""
    axes = list(dict.fromkeys(trace.xaxis or "x" for trace in traces))
    names = [trace.name or "value" for trace in traces]
    if len(axes) == 1 or len(annotations) < len(axes):
        return names
    # Plotly keeps the titles of plots as the first annotations, in the order of the axes.
    titles = {axis: annotations[int(axis[1:] or 1) - 1].text for axis in axes}
    return [f"{titles[trace.xaxis or 'x']}: {name}" for trace, name in zip(traces, names, strict=True)]


def _grid(heatmap: Any) -> tuple[list[str], list[list[Any]]]:
    rows = [_plain(row) for row in heatmap.z]
    across = _plain(heatmap.x) if heatmap.x is not None else list(range(len(rows[0])))
    down = _plain(heatmap.y) if heatmap.y is not None else list(range(len(rows)))
    return ["at", *map(str, across)], [[name, *row] for name, row in zip(down, rows, strict=True)]


def _plain(values: Any) -> list[Any]:
    return [value.item() if hasattr(value, "item") else value for value in values]


def _text(value: Any) -> Markup:
    if value is None or value != value:
        return Markup("")
    if isinstance(value, float):
        return escape(f"{value:.6g}")
    return escape(str(value).replace("<br>", " "))
