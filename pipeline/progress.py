"""The progress of a run: live on a terminal; elsewhere one line for each node, and for each epoch of training."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from pipeline.root import Root

STYLES = {
    "done": "green",
    "cached": "cyan",
    "failed": "bold red",
    "refused": "bold yellow",
    "interrupted": "yellow",
    "running": "bold",
    "pending": "dim",
    "skipped": "dim",
}
MARKS = {"done": "✓", "cached": "≡", "failed": "✗", "refused": "✋", "interrupted": "!", "pending": "·", "skipped": "-"}


@dataclass
class _Row:
    state: str = "pending"
    secs: float = 0.0
    started_at: float = 0.0
    # What a running node reported last, and the share of its work that is done.
    message: str = ""
    share: float | None = None


class Progress(logging.Handler):
    """Draws node states; as a logging handler it takes the last line of what each running node reports.

    The attribute `node` of a log record names the node that reports; without it, it is the only one that runs. A record
    with the attribute `progress` (a share of 1) moves the bar of the node. One with `is_milestone` is printed where
    nothing is drawn: in a file or a pipe.
    """

    def __init__(self, console: Console, nodes: list[str]) -> None:
        super().__init__(logging.INFO)
        self.console = console
        self.rows = {node: _Row() for node in nodes}
        self._live = Live(get_renderable=self._draw, console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> "Progress":
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._live.stop()

    def heading(self, pipeline: str, run_id: str, root: Root) -> None:
        """Says what runs, and where."""
        line = f"[bold]{pipeline}[/bold]  run {run_id}  root {root.shown}"
        self.console.print(line, highlight=False, soft_wrap=True)

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        running = [node for node, row in self.rows.items() if row.state == "running"]
        node = getattr(record, "node", None) or next(iter(running), None)
        if node in running:
            self.rows[node].message, self.rows[node].share = message, getattr(record, "progress", None)
        if getattr(record, "is_milestone", False) and not self.console.is_terminal:
            whose = f"{node}: " if len(running) > 1 else ""
            self.console.print(f"  {whose}{message}", highlight=False, markup=False, soft_wrap=True)

    def started(self, node: str) -> None:
        """Marks a node as running."""
        self.rows[node] = _Row("running", started_at=time.monotonic())

    def finished(self, node: str, state: str, secs: float, *, note: str = "") -> None:
        """Marks a node as over; the note follows on its line."""
        self.rows[node] = _Row(state, secs)
        text = Text.assemble((f"{MARKS[state]} ", STYLES[state]), f"{node:<17}", (f"{state:<9}", STYLES[state]))
        line = Text.assemble(text, f"{secs:7.1f} s", (f"  {note}", "dim"))
        # In a file or a pipe nothing is cut.
        if self.console.is_terminal:
            self.console.print(line, highlight=False, overflow="ellipsis", no_wrap=True)
        else:
            self.console.print(line, highlight=False, soft_wrap=True)

    def skipped(self, nodes: Sequence[str]) -> None:
        """Says which nodes the run did not come to, or was told to leave out."""
        if nodes:
            style = STYLES["skipped"]
            line = Text(f"{MARKS['skipped']} skipped: {', '.join(nodes)}", style)
            self.console.print(line, highlight=False, soft_wrap=True)

    def _draw(self) -> RenderableType:
        """The running nodes and what is still to come; what is over has been printed above."""
        table = Table.grid(padding=(0, 1))
        for node, row in self.rows.items():
            if row.state == "running":
                secs = time.monotonic() - row.started_at
                table.add_row(Spinner("dots"), Text(f"{node:<17}", "bold"), f"{secs:7.1f} s", _activity(row))
        waiting = [node for node, row in self.rows.items() if row.state == "pending"]
        return Group(
            table, Text(f"  next: {', '.join(waiting)}" if waiting else "", "dim", overflow="ellipsis", no_wrap=True)
        )


def _activity(row: _Row) -> RenderableType:
    message = Text(row.message, "dim", overflow="ellipsis", no_wrap=True)
    if row.share is None:
        return message
    table = Table.grid(padding=(0, 1))
    table.add_row(ProgressBar(total=1.0, completed=row.share, width=20), message)
    return table
