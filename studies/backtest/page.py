"""What `slipway backtest` found: forecasts beside what came, what the model looked at, a table of all forecasters."""

from markupsafe import Markup
from rich.table import Table

from inspection.page import html
from studies.backtest.charts import attention_charts, forecast_chart
from studies.results import Results, Study

# Charts of channels at the most.
MAX_CHANNELS = 8


def render(results: Results) -> Markup:
    """A table of the forecasters, then charts of channels and of the model's attention."""
    attention = results["attention"]
    return Markup(
        html(
            "backtest.html",
            package="studies",
            results=results,
            charts=[(plot["channel"], Markup(forecast_chart(plot))) for plot in results["plots"][:MAX_CHANNELS]],
            attention_charts=[] if attention is None else attention_charts(attention),
        )
    )


def table(results: Results) -> Table:
    """The forecasters for the terminal."""
    shown = Table(box=None, pad_edge=False)
    shown.add_column("forecaster", no_wrap=True)
    for heading in ("MASE", "MAE", "of naive", "coverage", "fit s", "ms", "KB"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for row in results["rows"]:
        figures = row["figures"]
        shown.add_row(
            row["name"],
            f"{figures['mase']:.4f}",
            f"{figures['mae']:.4g}",
            f"{figures['mae_over_naive']:.3f}",
            f"{figures['coverage']:.3f}" if "coverage" in figures else "-",
            f"{row['fit_secs']:.1f}" if "fit_secs" in row else "-",
            f"{row['latency_ms']:.2f}",
            f"{row['size_bytes'] / 1000:,.1f}",
        )
    return shown


BACKTEST = Study(name="backtest", folder="backtest", title="Backtest", render=render, table=table)
