"""What `slipway sensitivity` found: how much of the metric each layer costs when it alone is compressed."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from markupsafe import Markup
from rich.table import Table

from inspection.figures import figure_html
from inspection.page import html
from studies.results import Results, Study

ROW_HEIGHT = 24
# In the terminal.
SHOWN_LAYERS = 10


def render(results: Results) -> Markup:
    """A heat map of the layers, and which of them to exclude."""
    return Markup(html("sensitivity.html", package="studies", results=results, chart=Markup(chart(results))))


def chart(results: Results) -> str:
    """The drop by layer, in the network's order, and by change; the redder, the more of the metric it costs."""
    layers, changes, drops = _by_layer(results)
    rows = [[drops[layer, change] for change in changes] for layer in layers]
    worst = max(cell["drop"] for row in rows for cell in row)
    figure = go.Figure(
        go.Heatmap(
            z=[[max(0.0, cell["drop"]) for cell in row] for row in rows],
            x=changes,
            y=layers,
            zmin=0,
            # Drops that far exceed what may be lost are all the same: those about it are to be told apart.
            zmax=min(worst, 10 * results["max_drop"]) or 1,
            colorscale=[[0, "#ffffff"], [1, "#dc2626"]],
            text=[[f"{cell['drop']:+.3f}" for cell in row] for row in rows],
            texttemplate="%{text}",
            customdata=[[f"{cell['low']:+.4f} to {cell['high']:+.4f}" for cell in row] for row in rows],
            hovertemplate="%{y}, %{x}: drop %{text}, 95 %: %{customdata}<extra></extra>",
            colorbar={"title": "drop", "thickness": 12},
            xgap=2,
            ygap=2,
        )
    )
    figure.update_xaxes(side="top", type="category")
    figure.update_yaxes(type="category", autorange="reversed", automargin=True)
    figure.update_layout(
        height=90 + ROW_HEIGHT * len(layers),
        margin={"l": 40, "r": 16, "t": 48, "b": 16},
        template="plotly_white",
        font={"family": "system-ui, sans-serif", "size": 13},
    )
    return figure_html(figure)


def table(results: Results) -> Table:
    """The most sensitive layers for the terminal."""
    layers, changes, drops = _by_layer(results)
    title = f"Drop of {results['metric']} ({results['before']:.4f} on {results['examples']:,} eval examples)"
    shown = Table(box=None, pad_edge=False, title=title, title_justify="left", title_style="bold")
    shown.add_column("layer", overflow="fold")
    for heading in ("weights", *changes):
        shown.add_column(heading, justify="right", no_wrap=True)
    worst = sorted(layers, key=lambda layer: -max(drops[layer, change]["drop"] for change in changes))
    for layer in worst[:SHOWN_LAYERS]:
        cells = [drops[layer, change] for change in changes]
        shown.add_row(layer, f"{cells[0]['weights']:,}", *(f"{cell['drop']:+.4f}" for cell in cells))
    if len(layers) > SHOWN_LAYERS:
        shown.add_row(f"and {len(layers) - SHOWN_LAYERS} less sensitive")
    return shown


def notes(results: Results) -> list[str]:
    """What to exclude."""
    if not results["exclude"]:
        return [f"No layer alone costs more than {results['max_drop']:g}: nothing to exclude."]
    return [f"At {change}: exclude: [{', '.join(names)}]" for change, names in results["exclude"].items()]


def _by_layer(
    results: Results,
) -> tuple[Sequence[str], Sequence[str], Mapping[tuple[str, str], Mapping[str, Any]]]:
    """(layers, changes, {(layer, change): drop}), in the order in which they were tried."""
    drops = {(each["layer"], each["change"]): each for each in results["drops"]}
    layers, changes = (list(dict.fromkeys(key[place] for key in drops)) for place in (0, 1))
    return layers, changes, drops


SENSITIVITY = Study(
    name="sensitivity",
    folder="sensitivity",
    title="Sensitivity of layers",
    render=render,
    table=table,
    notes=notes,
)
