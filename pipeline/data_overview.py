"""Overviews of sources, for a person to check by eye."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from data.overview import HasOverview, Overview
from data.source import Source

# A table of more rows is cut; its last row, which may be of all, is kept.
MAX_ROWS = 20


def source_notes(source: Source) -> list[str]:
    """The content of a source in a few words, and what looks odd; nothing where the source has no overview."""
    if not isinstance(source, HasOverview):
        return []
    overview = source.overview()
    return [*filter(None, [overview.headline]), *overview.notes]


def print_overview(console: Console, overview: Overview) -> None:
    """Prints facts, the table and notes, in this order."""
    width = max(map(len, overview.facts), default=0)
    for what, value in overview.facts.items():
        console.print(Text.assemble((f"{what:<{width}}", "dim"), "  ", value), highlight=False, soft_wrap=True)
    if overview.columns:
        console.print(_table(overview))
    for note in overview.notes:
        console.print(Text.assemble(("! ", "yellow"), note), highlight=False, soft_wrap=True)


def _table(overview: Overview) -> Table:
    table = Table()
    for place, name in enumerate(overview.columns):
        table.add_column(Text(name), justify="right" if place else "left")
    rows, cut = overview.rows, len(overview.rows) - MAX_ROWS
    if cut > 0:
        rows = (*rows[: MAX_ROWS - 2], (f"… {cut + 1} more",), rows[-1])
    for row in rows:
        table.add_row(*(Text(f"{value:,}" if isinstance(value, int) else value) for value in row))
    return table
