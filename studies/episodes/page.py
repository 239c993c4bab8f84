"""What `slipway episodes` found: test episodes of a few-shot task drawn, and a table of learners."""

from markupsafe import Markup
from rich.table import Table

from inspection.page import html
from studies.episodes.charts import confusion_chart, context_charts, fits_chart, learners_chart
from studies.results import Results, Study


def render(results: Results) -> Markup:
    """A table of the learners, their curves, and what one of them makes of episodes."""
    rows, contexts = results["rows"], results["contexts"]
    has_steps = any(len(row["means"]) > 1 for row in rows)
    return Markup(
        html(
            "episodes.html",
            package="studies",
            results=results,
            curves=Markup(learners_chart(results["metric"], rows)) if has_steps else "",
            fits_chart=Markup(fits_chart(results["fits"])) if results["fits"] else "",
            context_charts=[(name, Markup(chart)) for name, chart in context_charts(**contexts)] if contexts else [],
            confusion_charts=[Markup(confusion_chart(episode)) for episode in results["pictures"]],
        )
    )


def table(results: Results) -> Table:
    """The learners for the terminal."""
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


def notes(results: Results) -> list[str]:
    """Who is not in the table."""
    return [f"Left out: {name}, which takes other episodes." for name in results["left_out"]]


EPISODES = Study(name="episodes", folder="episodes", title="Episodes", render=render, table=table, notes=notes)
