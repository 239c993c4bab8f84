"""What every benchmark prints and writes."""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

DISTRIBUTIONS = ("tfx", "tensorflow", "keras", "apache-beam", "ai-edge-litert")


@dataclass(frozen=True)
class Figure:
    """A measured value and the bar that it is held against."""

    figure: str
    value: float
    bar: float
    direction: Literal["<=", ">="]

    @property
    def kept(self) -> bool:
        """Whether the value is on the right side of the bar."""
        return self.value <= self.bar if self.direction == "<=" else self.value >= self.bar


def format_number(value: float) -> str:
    """A value as a person reads it."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def main(name: str, measure: Callable[[], Sequence[Figure]], *, seed: int) -> None:
    """Measures, prints a table and, with --json FILE, writes the result."""
    path = _parser(name).parse_args().json
    start_secs = time.perf_counter()
    figures = measure()
    _print(figures)
    if path:
        _write(path, _result(name, [asdict(figure) for figure in figures], seed, time.perf_counter() - start_secs))


def main_of_sections(
    name: str,
    sections: Mapping[str, Callable[[], Sequence[Figure]]],
    *,
    seed: int,
    asked: Mapping[str, Callable[[], Sequence[Figure]]],
) -> None:
    """Measures the sections one after the other, or those of --only; with --json FILE, what is measured is kept there
    as it comes, beside what the file has of other sections.

    Args:
      name: the benchmark's.
      sections: what is measured, by name.
      seed: of all of them.
      asked: more, which are measured only where --only names them.
    """
    known = {**sections, **asked}
    parser = _parser(name)
    parser.add_argument("--only", choices=known, action="append", help="this section, in place of all; repeatable")
    arguments = parser.parse_args()
    path = arguments.json
    kept = json.loads(path.read_text()) if path and path.exists() else {"sections": {}}
    found: dict[str, dict[str, Any]] = kept["sections"]
    for section in arguments.only or sections:
        start_secs = time.perf_counter()
        figures = known[section]()
        _print(figures)
        secs = round(time.perf_counter() - start_secs, 1)
        found[section] = {"secs": secs, "figures": [asdict(figure) for figure in figures]}
        if path:
            there = [found[other] for other in known if other in found]
            joined = [figure for part in there for figure in part["figures"]]
            _write(path, {**_result(name, joined, seed, sum(part["secs"] for part in there)), "sections": found})


def _parser(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}")
    parser.add_argument("--json", type=Path, help="write the result here")
    return parser


def _result(name: str, figures: Sequence[Mapping[str, Any]], seed: int, secs: float) -> dict[str, Any]:
    return {
        "name": name,
        "command": f"python -m benchmarks.{name} --json benchmarks/results/{name}.json",
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
        "versions": {distribution: version(distribution) for distribution in DISTRIBUTIONS},
        "seed": seed,
        "secs": round(secs, 1),
        "figures": figures,
    }


def _print(figures: Iterable[Figure]) -> None:
    table = Table("figure", "value", "bar", "")
    for figure in figures:
        verdict = "[green]kept" if figure.kept else "[red]missed"
        bar = f"{figure.direction} {format_number(figure.bar)}"
        table.add_row(figure.figure, format_number(figure.value), bar, verdict)
    Console().print(table)


def _write(path: Path, result: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n")
