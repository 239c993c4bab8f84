"""A page of what a network makes of one image: feature maps by stage, and the gates of squeeze-and-excitation."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from markupsafe import Markup
from plotly.subplots import make_subplots

from inspection.figures import figure_html
from inspection.page import html

COLUMNS = 8
TILE_PIXELS = 116


def page(seen: Mapping[str, Any], *, title: str) -> str:
    """HTML that needs nothing else.

    Args:
      seen: `image` `[height, width, channel]` in [0, 1]; `maps`, each with `layer`, `channels` and `values`
        `[channel, height, width]`; `gates` `{layer: [channel]}`.
      title: title of the page.
    """
    return html(
        "feature_maps.html",
        title=title,
        image=Markup(_image(seen["image"])),
        maps=[
            {
                "layer": found["layer"],
                "size": "×".join(str(size) for size in found["values"].shape[1:]),
                "chart": Markup(_tiles(found["values"], found["channels"])),
            }
            for found in seen["maps"]
        ],
        gates=Markup(_gates(seen["gates"])) if seen["gates"] else None,
    )


def _html(figure: go.Figure, *, width: int, height: int) -> str:
    figure.update_layout(
        width=width,
        height=height,
        margin={"l": 8, "r": 8, "t": 24, "b": 8},
        template="plotly_white",
        font={"family": "system-ui, sans-serif", "size": 12},
    )
    return figure_html(figure)


def _image(image: np.ndarray) -> str:
    pixels = np.rint(image * 255).astype(np.uint8)
    figure = go.Figure(go.Image(z=np.repeat(pixels, 3, axis=-1) if pixels.shape[-1] == 1 else pixels))
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return _html(figure, width=240, height=240)


def _tiles(values: np.ndarray, channels: Sequence[int]) -> str:
    rows = -(-len(channels) // COLUMNS)
    titles = [f"channel {channel}" for channel in channels]
    figure = make_subplots(rows, COLUMNS, subplot_titles=titles, horizontal_spacing=0.008, vertical_spacing=0.2 / rows)
    for index, channel in enumerate(values):
        heatmap = go.Heatmap(z=channel, colorscale="Viridis", showscale=False, hovertemplate="%{z:.3f}<extra></extra>")
        figure.add_trace(heatmap, row=index // COLUMNS + 1, col=index % COLUMNS + 1)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, autorange="reversed")
    figure.update_annotations(font_size=11)
    return _html(figure, width=COLUMNS * TILE_PIXELS, height=rows * (TILE_PIXELS + 20) + 10)


def _gates(gates: Mapping[str, np.ndarray]) -> str:
    """A row a gate, a cell a channel; rows of fewer channels end earlier."""
    widest = max(len(values) for values in gates.values())
    cells = np.full((len(gates), widest), np.nan)
    for row, values in enumerate(gates.values()):
        cells[row, : len(values)] = values
    figure = go.Figure(
        go.Heatmap(
            z=cells,
            y=list(gates),
            zmin=0,
            zmax=1,
            colorscale="RdBu",
            colorbar={"title": "gate"},
            hovertemplate="%{y}, channel %{x}: %{z:.3f}<extra></extra>",
        )
    )
    figure.update_xaxes(title="channel")
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(hoverlabel={"namelength": -1})
    figure.update_yaxes(automargin=True)
    return _html(figure, width=COLUMNS * TILE_PIXELS, height=120 + 34 * len(gates))
