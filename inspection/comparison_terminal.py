"""A comparison of runs on a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from inspection.comparison import Difference
from inspection.metric_table import MetricCell


def comparison_tables(values: Mapping[str, Any]) -> Iterator[RenderableType]:
    """The tables, those that differ in nothing left out.

    Args:
      values: what `comparison_values` gives.
    """
    names = [run.name for run in values["runs"]]
    metrics = _table("Metrics, test split", "metric", names)
    for name, cells in values["metrics"].items():
        metrics.add_row(Text(name), *map(_cell, cells))
    yield metrics
    for test in values["tests"]:
        yield Text(test, "dim")
    if values["slices"]:
        slices = _table(f"Slices that differ most by {values['main_metric']}", "slice", [*names, "difference"])
        for name, rows, spread in values["slices"]:
            shown = ["" if row is None else f"{row.value:.4f}" for row in rows]
            slices.add_row(Text(name), *shown, f"{spread:.4f}")
        yield slices
    for title, what in (("Config", "config"), ("Code and versions", "versions"), ("Data", "data")):
        if values[what]:
            yield _differences(title, names, values[what])
    for run, node, reasons in values["nodes"]:
        yield Text(f"{node} of {run}: {'; '.join(reasons)}")


def _differences(title: str, names: Sequence[str], rows: Sequence[Difference]) -> Table:
    table = _table(title, "", names)
    for row in rows:
        first, *others = row.values
        table.add_row(Text(row.what), Text(first), *(Text(o, "" if o == first else "bold") for o in others))
    return table


def _table(title: str, first: str, others: Sequence[str]) -> Table:
    table = Table(
        title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold"
    )
    for heading in (first, *others):
        table.add_column(heading, overflow="fold")
    return table


def _cell(cell: MetricCell) -> Text:
    if cell.value is None:
        return Text("")
    text = Text(f"{cell.value:,.4f}" if cell.value % 1 else f"{cell.value:,.0f}")
    if cell.low is not None and cell.high is not None:
        text.append(f" ({cell.low:.3f}–{cell.high:.3f})", "dim")
    if cell.change:
        style = "green" if cell.is_better else "red"
        text.append(
            f" {cell.change:+,.4g} {'better' if cell.is_better else 'worse'}",
            f"bold {style}" if cell.is_sure else style,
        )
    if cell.test:
        text.append(f" ({cell.test.low:+.3g} to {cell.test.high:+.3g})", "dim")
    if cell.p is not None:
        text.append(f" p = {cell.p:.2g}" + (f", of seeds {cell.seed_p:.2g}" if cell.seed_p is not None else ""), "dim")
    return text
