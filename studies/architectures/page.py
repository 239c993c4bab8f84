"""What `slipway analyze` found: the eval metric of several architectures against what each costs."""

import plotly.graph_objects as go
from markupsafe import Markup
from rich.table import Table

from inspection.charts import BLUE, GREY
from inspection.figures import figure_html
from inspection.page import html
from studies.results import Results, Study

CHART_HEIGHT = 380
# Of the largest cost over the smallest: from here on the axis is logarithmic.
WIDE = 8


def render(results: Results) -> Markup:
    """A table of the candidates, and a chart for each cost."""
    charts = [(label, Markup(chart(results, cost))) for cost, label in results["costs"].items()]
    return Markup(html("architectures.html", package="studies", results=results, charts=charts))


def chart(results: Results, cost: str) -> str:
    """The metric against one cost; the Pareto front is a line, and what is on it is blue."""
    metric, front = results["metric"], results["fronts"][cost]
    rows = sorted(results["candidates"], key=lambda row: row[cost])
    figure = go.Figure()
    ends = [row for row in rows if row["name"] in front]
    figure.add_trace(
        go.Scatter(
            x=[row[cost] for row in ends],
            y=[row["metrics"][metric] for row in ends],
            mode="lines",
            line={"color": BLUE, "width": 1.5, "dash": "dot"},
            name="Pareto front",
            hoverinfo="skip",
        )
    )
    for name, chosen, colour, side in (
        ("on the front", True, BLUE, "top"),
        ("beaten by another", False, GREY, "bottom"),
    ):
        mine = [row for row in rows if (row["name"] in front) == chosen]
        figure.add_trace(
            go.Scatter(
                x=[row[cost] for row in mine],
                y=[row["metrics"][metric] for row in mine],
                mode="markers+text",
                text=[row["name"] for row in mine],
                textposition=f"{side} center",
                marker={"size": 10, "color": colour},
                name=name,
                hovertemplate="%{text}: %{y:.4f} at %{x:,.4g}<extra></extra>",
            )
        )
    values = [row[cost] for row in rows]
    is_wide = min(values) > 0 and max(values) / min(values) > WIDE
    figure.update_xaxes(title=results["costs"][cost], type="log" if is_wide else "linear", tickformat="~s")
    figure.update_yaxes(title=f"{metric}, eval split")
    figure.update_layout(
        height=CHART_HEIGHT,
        margin={"l": 60, "r": 24, "t": 24, "b": 72},
        template="plotly_white",
        font={"family": "system-ui, sans-serif", "size": 13},
        legend={"orientation": "h", "y": -0.22, "x": 0},
    )
    return figure_html(figure)


def table(results: Results) -> Table:
    """The candidates for the terminal."""
    metric = results["metric"]
    shown = Table(box=None, pad_edge=False)
    shown.add_column("architecture", no_wrap=True)
    for heading in (metric, "int8", "params", "MFLOPs", "int8 KB", "p50 ms", "peak KB", "front"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for row in results["candidates"]:
        fronts = sum(row["name"] in front for front in results["fronts"].values())
        peak = row["int8_peak_bytes"]
        shown.add_row(
            row["name"],
            f"{row['metrics'][metric]:.4f}",
            f"{row['int8_metrics'][metric]:.4f}",
            f"{row['parameters']:,}",
            f"{row['flops'] / 1e6:,.1f}",
            f"{row['int8_bytes'] / 1000:,.0f}",
            f"{row['int8_p50_ms']:.3f}",
            "-" if peak is None else f"{peak / 1000:,.0f}",
            f"{fronts}/{len(results['fronts'])}",
        )
    return shown


ARCHITECTURES = Study(
    name="architectures", folder="analysis", title="Architectures compared", render=render, table=table
)
