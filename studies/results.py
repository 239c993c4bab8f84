"""What a study leaves below a root: its results, and a page that shows them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup
from rich.console import Console
from rich.table import Table

from inspection.page import Section, html
from studies.serialization import write_whole

# JSON-serializable; `pipeline` is the name of the pipeline that was studied, all else the study's own.
Results = Mapping[str, Any]
RESULTS_FILE, PAGE_FILE = "results.json", "report.html"


@dataclass(frozen=True, kw_only=True)
class Study:
    """A study, as its command and the reports of runs know it.

    Attributes:
      name: name of its section in reports.
      folder: name of its directory below a root, where results and page lie.
      title: heading of its page and of its section in reports.
      render: makes of results what its page and its section show.
      table: what the terminal shows of results.
      notes: lines that the terminal shows after the table.
    """

    name: str
    folder: str
    title: str
    render: Callable[[Results], Markup]
    table: Callable[[Results], Table]
    notes: Callable[[Results], Sequence[str]] = lambda results: ()

    def page(self, results: Results) -> str:
        """A page of these results alone."""
        return html(
            "study_page.html",
            package="studies",
            pipeline=results["pipeline"],
            title=self.title,
            content=self.render(results),
        )

    def publish(self, root: Path, results: Results, console: Console) -> None:
        """Writes results and page below a root, each whole or not at all, and prints what a person wants first."""
        folder = root / self.folder
        write_whole(folder / RESULTS_FILE, json.dumps(results, indent=1))
        write_whole(folder / PAGE_FILE, self.page(results))
        console.print(self.table(results))
        for note in self.notes(results):
            console.print(note, highlight=False, soft_wrap=True, markup=False)
        console.print(f"Wrote {folder / PAGE_FILE}; open it in a browser.", highlight=False, soft_wrap=True)

    def section(self, root: Path) -> Section | None:
        """What a report shows of the results below a root; None where there are none."""
        path = root / self.folder / RESULTS_FILE
        if not path.exists():
            return None
        return Section(name=self.name, title=self.title, content=self.render(json.loads(path.read_text())))
