"""The tables of results: `python -m benchmarks.table` writes all into docs/figures.md, and a few into the README."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.figures import format_number

PROJECT = Path(__file__).resolve().parents[1]
README, ALL = PROJECT / "README.md", PROJECT / "docs" / "figures.md"
BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
HEAD = """# Figures

Measured on the machine that each table names. `python -m benchmarks.table` makes this page from `benchmarks/results/`.

"""
# What the README shows: (benchmark, figure).
CHOSEN = (
    ("digits", "first run, whole DAG, seconds"),
    ("digits", "test accuracy, float SavedModel"),
    ("digits", "int8 TFLite, share of float32's bytes"),
    ("cache", "digits: nodes that ran and had not to"),
    ("training_loop", "resumed against uninterrupted, weights that differ"),
    ("starter", "fashion: test accuracy after 107 s"),
    ("compression", "small: 80 % sparse and int8, times smaller by gzip"),
    ("ett", "best (RLinear), 96: MSE"),
    ("omniglot", "5-way 1-shot, prototypes"),
)


def all_figures() -> str:
    """docs/figures.md, from the committed results."""
    return HEAD + "\n".join(line for result in _results().values() for line in _table(result))


def with_chosen_figures(readme: str) -> str:
    """The README with today's results of the chosen figures in their place."""
    before, rest = readme.split(BEGIN)
    _, after = rest.split(END)
    results = _results()
    rows = ["| benchmark | figure | measured | bar |", "|---|---|---|---|"]
    for name, wanted in CHOSEN:
        [figure] = [figure for figure in results[name]["figures"] if figure["figure"] == wanted]
        rows.append(f"| `benchmarks.{name}` {_row(figure)}")
    return f"{before}{BEGIN}\n" + "\n".join(rows) + f"\n{END}{after}"


def _results() -> dict[str, dict[str, Any]]:
    paths = sorted((PROJECT / "benchmarks" / "results").glob("*.json"))
    return {path.stem: json.loads(path.read_text()) for path in paths}


def _table(result: dict[str, Any]) -> Iterator[str]:
    yield f"`{result['command']}` ({result['machine']}, seed {result['seed']}, {result['secs']:.0f} s)"
    yield from ("", "| figure | measured | bar |", "|---|---|---|")
    yield from map(_row, result["figures"])
    yield ""


def _row(figure: dict[str, Any]) -> str:
    value, bar = (format_number(figure[name]) for name in ("value", "bar"))
    return f"| {figure['figure']} | {value} | {figure['direction']} {bar} |"


if __name__ == "__main__":
    ALL.write_text(all_figures())
    README.write_text(with_chosen_figures(README.read_text()))
