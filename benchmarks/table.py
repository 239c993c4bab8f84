"""The README's table of results: `python -m benchmarks.table` writes it into the README."""

import json
from pathlib import Path

from benchmarks.figures import shown

PROJECT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"


def table() -> str:
    """Markdown, from the committed results."""
    lines = []
    for path in sorted((PROJECT / "benchmarks" / "results").glob("*.json")):
        result = json.loads(path.read_text())
        lines += [
            f"`{result['command']}` ({result['machine']}, seed {result['seed']}, {result['secs']:.0f} s)",
            "",
            "| figure | measured | bar |",
            "|---|---|---|",
        ]
        lines += [
            f"| {figure['figure']} | {shown(figure['value'])} | {figure['direction']} {shown(figure['bar'])} |"
            for figure in result["figures"]
        ]
        lines.append("")
    return "\n".join(lines)


def with_table(readme: str) -> str:
    """The README with the table of today's results in its place."""
    before, rest = readme.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{table()}{END}{after}"


if __name__ == "__main__":
    path = PROJECT / "README.md"
    path.write_text(with_table(path.read_text()))
