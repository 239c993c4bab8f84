"""The first test metric of three pipelines over three seeds, each run to its push: `python -m benchmarks.seeds`.

Held side by side, the results of two stacks (docs/stacks.md) tell whether a difference is more than a seed's. The
few-shot pipeline runs three of its epochs.
"""

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from benchmarks.figures import Figure, main
from benchmarks.run_results import newest_record

# Config, changes, metric, and the config's own gate of it.
PIPELINES: tuple[tuple[str, tuple[str, ...], str, float, Literal["<=", ">="]], ...] = (
    ("digits", (), "accuracy", 0.95, ">="),
    ("co2", (), "mae_over_naive", 0.5, "<="),
    ("sinusoid", ("--set", "train.epochs=3"), "mse", 0.6, "<="),
)
SEEDS = (0, 1, 2)


def measure() -> Sequence[Figure]:
    """Runs each pipeline on a root of its own, a seed at a time."""
    figures = []
    for name, changes, metric, bar, direction in PIPELINES:
        values = [_test_metric(name, [*changes, "--set", f"seed={seed}"], metric) for seed in SEEDS]
        print(name, metric, values, flush=True)
        figures.append(
            Figure(f"{name}: test {metric}, mean of {len(SEEDS)} seeds", statistics.mean(values), bar, direction)
        )
        # Half the bar's distance to nothing: a spread wider than that would tell nothing about a stack.
        figures.append(Figure(f"{name}: standard deviation over seeds", statistics.stdev(values), bar / 2, "<="))
    return figures


def _test_metric(name: str, changes: Sequence[str], metric: str) -> float:
    with tempfile.TemporaryDirectory() as root:
        command = [
            sys.executable,
            "-m",
            "pipeline.cli",
            "run",
            f"pipeline/configs/{name}.yaml",
            "--root",
            root,
            *changes,
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        record = newest_record(Path(root))
    if not record.pushes:
        raise RuntimeError(f"a run must end in a push. Received: {name} with {changes}, {record.state}.")
    return record.metrics[f"test_{metric}"]


if __name__ == "__main__":
    main("seeds", measure, seed=0)
