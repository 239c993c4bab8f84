"""The report's charts of compressed models, as HTML that needs plotly.js once in the page."""

import math
from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from inspection.charts import HEIGHT, ORANGE, PALETTE, as_html
from records.variants import MeasuredVariant

Variants = Sequence[MeasuredVariant]

ROW_HEIGHT = 26
# Of the largest value over the smallest: from here on an axis is logarithmic.
WIDE = 8
# In a chart of layers.
SHOWN_LAYERS = 12
ERROR_COLUMNS = 3


def colours(names: Sequence[str]) -> list[str]:
    """The colour of each variant, the same in all charts of a run."""
    return [PALETTE[number % len(PALETTE)] for number in range(len(names))]


def sizes(variants: Variants) -> str:
    """Kilobytes of each file, and of the same file gzipped."""
    names = [variant.name for variant in variants]
    files, gzipped = [variant.bytes for variant in variants], [variant.gzip_bytes for variant in variants]
    figure = go.Figure()
    for sizes_bytes, name, strength in ((files, "file", 1.0), (gzipped, "gzipped (paler)", 0.5)):
        kilobytes = [size / 1000 for size in sizes_bytes]
        marker = {"color": colours(names), "opacity": strength}
        figure.add_trace(go.Bar(x=names, y=kilobytes, name=name, marker=marker, texttemplate="%{y:,.0f}"))
    figure.update_yaxes(title="kilobytes")
    return as_html(figure)


def latencies(variants: Variants) -> str:
    """The percentiles of each file at batch 1 and, where it was measured, at batch 32."""
    names = [variant.name + ("" if variant.delegated else "<br>(no XNNPACK)") for variant in variants]
    panels = {"batch 1": [variant.latency_ms for variant in variants]}
    if any(variant.batch_latency_p50_ms for variant in variants):
        panels["batch 32"] = [variant.batch_latency_ms for variant in variants]
    figure = make_subplots(rows=1, cols=len(panels), subplot_titles=list(panels))
    for column, measured in enumerate(panels.values(), start=1):
        is_wide = _is_wide([median for by_percentile in measured if (median := by_percentile[50])])
        for percentile, strength in ((50, 1.0), (90, 0.65), (99, 0.4)):
            trace = go.Bar(
                x=names,
                y=[by_percentile[percentile] for by_percentile in measured],
                name=f"p{percentile}",
                legendgroup=percentile,
                showlegend=column == 1,
                marker={"color": colours([variant.name for variant in variants]), "opacity": strength},
                hovertemplate=f"%{{x}}, p{percentile}: %{{y:.4g}} ms<extra></extra>",
            )
            figure.add_trace(trace, row=1, col=column)
        figure.update_yaxes(title="ms", type="log" if is_wide else "linear", row=1, col=column)
    return as_html(figure, height=HEIGHT + 40)


def distributions(variants: Variants) -> str:
    """How the calls of each file at batch 1 are spread over time."""
    figure = go.Figure()
    for variant, colour in zip(variants, colours([variant.name for variant in variants]), strict=True):
        buckets = variant.latency_buckets_ms
        calls = sum(count for _, count in buckets)
        ends, shares = [end for end, _ in buckets], [count / calls for _, count in buckets]
        # Down to nothing at both ends, where there is no other bucket.
        trace = go.Scatter(
            x=[ends[0] / 1.1, *ends, ends[-1] * 1.1],
            y=[0, *shares, 0],
            name=variant.name,
            mode="lines",
            line={"shape": "hvh", "color": colour},
            hovertemplate="%{y:.0%} of calls in up to %{x:.4g} ms",
        )
        figure.add_trace(trace)
    figure.update_xaxes(title="ms", type="log")
    figure.update_yaxes(title="share of calls", tickformat=".0%", rangemode="tozero")
    return as_html(figure)


def fronts(variants: Variants, metric: str, *, front: Sequence[str], chosen: str | None) -> str:
    """The metric on the eval split, with its 95 % confidence interval, against bytes and against latency.

    Args:
      variants: variants with `eval_metric` and its interval.
      metric: its name.
      front: the variants than which no other is better in one of metric, latency and bytes, and no worse in the rest.
      chosen: what ships as the best, if there is one.
    """
    titles = ["against bytes", "against latency"]
    figure = make_subplots(rows=1, cols=2, subplot_titles=titles, shared_yaxes=True, horizontal_spacing=0.06)
    costs: tuple[list[float], ...] = (
        [variant.bytes for variant in variants],
        [variant.latency_p50_ms for variant in variants],
    )
    for column, values in enumerate(costs, start=1):
        painted = colours([variant.name for variant in variants])
        for variant, cost, colour in zip(variants, values, painted, strict=True):
            # By colour and legend: names at the points would hide each other, for int8 files are all of one size.
            symbol, size, kind = _mark(variant.name, front, chosen)
            metric_value, low, high = variant.eval_metric, variant.eval_metric_low, variant.eval_metric_high
            interval = None
            if metric_value is not None and low is not None and high is not None:
                interval = {"array": [high - metric_value], "arrayminus": [metric_value - low], "thickness": 1}
            trace = go.Scatter(
                x=[cost],
                y=[metric_value],
                error_y=interval,
                mode="markers",
                marker={"symbol": symbol, "size": size, "color": colour, "line": {"width": 2, "color": colour}},
                name=variant.name + kind,
                legendgroup=variant.name,
                showlegend=column == 1,
                hovertemplate="%{y:.4f} at %{x:,.4g}",
            )
            figure.add_trace(trace, row=1, col=column)
        figure.update_xaxes(type="log" if _is_wide(values) else "linear", col=column)
    figure.update_xaxes(title="bytes", tickformat="~s", col=1)
    figure.update_xaxes(title="p50 at batch 1, ms", col=2)
    figure.update_yaxes(title=f"{metric}, eval split", col=1)
    return as_html(figure, height=HEIGHT + 80)


def sparsities(variants: Variants) -> str:
    """The share of zeros in each layer of each file, layers in the network's order."""
    shares = {variant.name: {each.layer: each.sparsity for each in variant.layer_sparsity} for variant in variants}
    layers = list(dict.fromkeys(layer for mine in shares.values() for layer in mine))
    rows = [[mine.get(layer) for layer in layers] for mine in shares.values()]
    figure = go.Figure(
        go.Heatmap(
            z=rows,
            x=layers,
            y=list(shares),
            zmin=0,
            zmax=1,
            colorscale="Blues",
            texttemplate="%{z:.0%}" if len(layers) <= 2 * SHOWN_LAYERS else None,
            hovertemplate="%{y}, %{x}: %{z:.1%} zero<extra></extra>",
            colorbar={"title": "zero", "tickformat": ".0%", "thickness": 12},
            xgap=1,
            ygap=1,
        )
    )
    figure.update_xaxes(type="category", tickangle=-60, automargin=True)
    figure.update_yaxes(autorange="reversed", automargin=True)
    return as_html(figure, height=160 + ROW_HEIGHT * len(shares))


def layer_errors(variants: Variants) -> str:
    """The layers of each file whose outputs are furthest from the unquantized model's."""
    rows = math.ceil(len(variants) / ERROR_COLUMNS)
    names = [variant.name for variant in variants]
    figure = make_subplots(rows=rows, cols=ERROR_COLUMNS, subplot_titles=names, horizontal_spacing=0.1)
    for number, variant in enumerate(variants):
        worst = variant.layer_errors[:SHOWN_LAYERS]
        bar = go.Bar(
            x=[each.error for each in worst],
            y=[each.layer for each in worst],
            orientation="h",
            marker_color=ORANGE,
            showlegend=False,
            hovertemplate="%{y}: %{x:.4g}<extra></extra>",
        )
        figure.add_trace(bar, row=number // ERROR_COLUMNS + 1, col=number % ERROR_COLUMNS + 1)
    figure.update_xaxes(rangemode="tozero")
    figure.update_yaxes(type="category", autorange="reversed", automargin=True)
    return as_html(figure, height=(90 + ROW_HEIGHT * SHOWN_LAYERS) * rows + 40)


def _mark(name: str, front: Sequence[str], chosen: str | None) -> tuple[str, int, str]:
    """(symbol, size, what the legend adds to the name)."""
    if name == chosen:
        return "star", 16, " (chosen)"
    return ("circle", 9, " (on the front)") if name in front else ("circle-open", 9, "")


def _is_wide(values: Sequence[float]) -> bool:
    return bool(values) and min(values) > 0 and max(values) / min(values) > WIDE
