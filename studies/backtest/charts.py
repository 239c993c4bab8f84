"""Charts of a backtest: forecasts beside what came, and the attention of the last one."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
from markupsafe import Markup
from plotly.subplots import make_subplots

from inspection.charts import BLUE, GREY, ORANGE
from inspection.figures import figure_html

# Heat maps of attention side by side.
COLUMNS = 4


def forecast_chart(plot: Mapping[str, Any]) -> str:
    """One channel: what was observed, and each forecast with its interval."""
    figure = go.Figure(go.Scatter(x=plot["times"], y=plot["values"], name="observed", line={"color": GREY}))
    for number, forecast in enumerate(plot["forecasts"]):
        quantiles, times = forecast["quantiles"], forecast["times"]
        is_first = number == 0
        if len(quantiles) > 1:
            figure.add_trace(
                go.Scatter(
                    x=[*times, *reversed(times)],
                    y=[*quantiles[-1], *reversed(quantiles[0])],
                    fill="toself",
                    fillcolor="rgba(37,99,235,.18)",
                    line={"width": 0},
                    hoverinfo="skip",
                    name="interval",
                    legendgroup="interval",
                    showlegend=is_first,
                )
            )
        middle = quantiles[len(quantiles) // 2]
        line = {"color": BLUE, "width": 1.5}
        figure.add_trace(
            go.Scatter(x=times, y=middle, line=line, name="forecast", legendgroup="forecast", showlegend=is_first)
        )
    return _html(figure, height=380)


def attention_charts(attention: Mapping[str, Any]) -> list[tuple[str, Markup]]:
    """(title, chart): the history with the rollout over it, then each layer's heads."""
    charts = [("rollout: what the encoder's tokens are made of", Markup(_rollout_chart(attention)))]
    charts += [(found["layer"].replace("_", " "), Markup(_heads(found["weights"]))) for found in attention["maps"]]
    return charts


def _rollout_chart(attention: Mapping[str, Any]) -> str:
    """The history of the window, above how much each token of it is in the encoder's outputs."""
    history, weights = attention["history"], attention["rollout"]
    figure = make_subplots(rows=2, cols=1, row_heights=[0.7, 0.3], vertical_spacing=0.12)
    figure.add_trace(go.Scatter(y=history, line={"color": GREY}, name="history"), row=1, col=1)
    # Tokens are patches that end where the history does.
    size = len(history) / len(weights)
    places = [size * (token + 0.5) for token in range(len(weights))]
    figure.add_trace(
        go.Bar(x=places, y=weights, width=[0.9 * size] * len(weights), marker_color=ORANGE, name="rollout"),
        row=2,
        col=1,
    )
    figure.update_xaxes(range=[0, len(history)])
    figure.update_xaxes(title="row of the look-back", row=2, col=1)
    return _html(figure, height=380)


def _heads(weights: list[list[list[float]]]) -> str:
    """`[head, query, key]`: a heat map a head."""
    rows = -(-len(weights) // COLUMNS)
    columns = min(COLUMNS, len(weights))
    figure = make_subplots(rows, columns, subplot_titles=[f"head {head}" for head in range(len(weights))])
    for head, cells in enumerate(weights):
        heatmap = go.Heatmap(z=cells, zmin=0, colorscale="Viridis", showscale=False)
        figure.add_trace(heatmap, row=head // COLUMNS + 1, col=head % COLUMNS + 1)
    figure.update_xaxes(title="key", tickformat="d")
    figure.update_yaxes(title="query", tickformat="d", autorange="reversed")
    return _html(figure, height=260 * rows)


def _html(figure: go.Figure, *, height: int) -> str:
    figure.update_layout(
        height=height,
        margin={"l": 60, "r": 16, "t": 36, "b": 56},
        template="plotly_white",
        font={"family": "system-ui, sans-serif", "size": 13},
        legend={"orientation": "h", "y": 1.12, "x": 0},
    )
    return figure_html(figure)
