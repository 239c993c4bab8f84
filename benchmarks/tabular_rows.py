"""What rows cost until they are transformed: ExampleGen, StatisticsGen and Transform of generated tables."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from benchmarks.figures import Figure
from benchmarks.run_results import newest_record

NODES = ("ExampleGen", "StatisticsGen", "Transform")
SMALL, LARGE, MILLION = 10_000, 100_000, 1_000_000
TOWNS = 200
SEED = 0


def generate(rows: int, path: Path) -> None:
    """A CSV of eight numbers, three categories, one of many values, a truth value and a label; some have gaps."""
    draw = np.random.default_rng(SEED)
    frame = pd.DataFrame({f"number_{place}": draw.normal(size=rows).round(4) for place in range(8)})
    frame["town"] = draw.integers(TOWNS, size=rows)
    frame["town"] = "town " + frame["town"].astype(str)
    frame["colour"] = draw.choice(["red", "green", "blue"], size=rows)
    frame["shop"] = draw.choice([f"shop {place}" for place in range(20)], size=rows)
    frame["member"] = draw.choice(["yes", "no"], size=rows)
    frame["bought"] = draw.choice(["yes", "no"], size=rows)
    frame.loc[draw.random(rows) < 0.05, "number_0"] = np.nan
    frame.loc[draw.random(rows) < 0.05, "colour"] = None
    frame.to_csv(path, index=False)


def run(rows: int) -> tuple[float, float]:
    """Microseconds a row in the three steps, and the largest memory, in megabytes, of a process of the run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(rows, folder / "rows.csv")
        config = {
            "name": "rows",
            "task": "tasks.tabular.Tabular",
            "options": {
                "source": {"kind": "csv", "file": "rows.csv"},
                "label": {"column": "bought"},
                "columns": {
                    "numeric": {
                        "number_1": {"transform": "quantiles"},
                        "number_2": {"transform": "piecewise_linear"},
                        "number_3": {"transform": "log"},
                    }
                },
            },
            "evaluate": {"gates": {"accuracy": {"min": 0.5}}},
        }
        (folder / "pipeline.yaml").write_text(yaml.safe_dump(config))
        command = [sys.executable, "-m", "pipeline.cli", "run", str(folder / "pipeline.yaml"), "--to", "Transform"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"a run must end well. Received: exit code {process.returncode} of {rows:,} rows.")
        record = newest_record(folder / "output" / "rows")
    secs = {node.name: node.executor_secs for node in record.nodes if node.name in NODES}
    print(f"{rows:,} rows: {secs}, {usage.ru_maxrss / 1024:,.0f} MB", flush=True)
    return 1e6 * sum(secs.values()) / rows, usage.ru_maxrss / 1024


def of_thousands() -> Sequence[Figure]:
    """10^4 and 10^5 rows."""
    small, large = run(SMALL), run(LARGE)
    return [
        Figure("10^4 rows to Transform: rows a second", 1e6 / small[0], 100, ">="),
        Figure("10^5 rows to Transform: rows a second", 1e6 / large[0], 1000, ">="),
        Figure("10^5 rows to Transform: memory, MB", large[1], 2 * small[1], "<="),
    ]


def of_a_million() -> Sequence[Figure]:
    """10^6 rows, against 10^5."""
    large, million = run(LARGE), run(MILLION)
    return [
        Figure("10^6 rows to Transform: microseconds a row", million[0], large[0], "<="),
        Figure("10^6 rows to Transform: memory, MB", million[1], 4 * large[1], "<="),
    ]
