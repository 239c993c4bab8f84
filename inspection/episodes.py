"""What `slipway episodes` found: test episodes of a few-shot task drawn, and a table of learners."""

import json
from pathlib import Path
from typing import Any

from markupsafe import Markup
from rich.table import Table

from inspection.episode_charts import confusion_chart, context_charts, fits_chart, learners_chart
from inspection.page import html

# Below a root.
RESULTS = Path("episodes") / "results.json"


def read_episodes(path: Path) -> dict[str, Any] | None:
    """The results with their charts, for a template; None where there are none."""
    if not path.exists():
        return None
    results = json.loads(path.read_text())
    rows, contexts = results["rows"], results["contexts"]
    return {
        **results,
        "curves": Markup(learners_chart(results["metric"], rows)) if any(len(row["means"]) > 1 for row in rows) else "",
        "fits_chart": Markup(fits_chart(results["fits"])) if results["fits"] else "",
        "context_charts": [(name, Markup(chart)) for name, chart in context_charts(**contexts)] if contexts else [],
        "confusion_charts": [Markup(confusion_chart(episode)) for episode in results["pictures"]],
    }


def render(path: Path) -> str:
    """The page of the episodes; it needs nothing else."""
    return html("episodes_page.html", episodes=read_episodes(path))


def table(path: Path) -> Table:
    """The learners for the terminal."""
    results = json.loads(path.read_text())
    shown = Table(box=None, pad_edge=False)
    shown.add_column("model", no_wrap=True)
    shown.add_column("learner", no_wrap=True)
    for heading in ("before", results["metric"], "95 %", "adapted", "ms", "bytes"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for row in results["rows"]:
        steps = row["steps"]
        shown.add_row(
            row["name"],
            row["learner"],
            f"{row['means'][0]:.4f}" if steps else "-",
            f"{row['means'][steps]:.4f}",
            f"± {row['half_widths'][steps]:.4f}",
            f"{row['adapted_parameters']:,}",
            f"{row['latency_ms']:.2f}",
            f"{row['task_bytes']:,}",
        )
    return shown
