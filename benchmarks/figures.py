"""What every benchmark prints and writes."""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

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
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}")
    parser.add_argument("--json", type=Path, help="write the result here")
    path = parser.parse_args().json
    start_secs = time.perf_counter()
    figures = measure()
    result = {
        "name": name,
        "command": f"python -m benchmarks.{name} --json benchmarks/results/{name}.json",
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
        "versions": {distribution: version(distribution) for distribution in DISTRIBUTIONS},
        "seed": seed,
        "secs": round(time.perf_counter() - start_secs, 1),
        "figures": [asdict(figure) for figure in figures],
    }
    table = Table("figure", "value", "bar", "")
    for figure in figures:
        verdict = "[green]kept" if figure.kept else "[red]missed"
        bar = f"{figure.direction} {format_number(figure.bar)}"
        table.add_row(figure.figure, format_number(figure.value), bar, verdict)
    Console().print(table)
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(result, indent=1) + "\n")
