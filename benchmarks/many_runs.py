"""What ML Metadata costs in a root of hundreds of runs, over a root of one: `python -m benchmarks.many_runs`.

ML Metadata 1.21 filters in Python what 1.16 filtered in SQLite (`filter_query`), so that look-ups grow with the runs.
Each turn changes a limit, so that TFX looks every node up and runs Evaluator and what follows it anew.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import yaml

from benchmarks.figures import Figure, main
from benchmarks.run_results import newest_record
from inspection.store import RunStore
from pipeline.cached_executions import register_cached

CONFIG = Path("pipeline/configs/digits.yaml")
RUNS, TURNS = 300, 3


def measure() -> Sequence[Figure]:
    """Two roots in turns, one of them with 300 runs more."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = Path(folder) / "few", Path(folder) / "many"
        for root in (few, many):
            _run(root, Path(folder), limit=0.0)
        _add_runs(many)
        launcher_secs: dict[Path, list[float]] = {few: [], many: []}
        for turn in range(TURNS):
            for root, secs in launcher_secs.items():
                secs.append(_run(root, Path(folder), limit=0.01 * (1 + turn)))
        inspect_secs = {root: statistics.median(_inspect_secs(root) for _ in range(TURNS)) for root in launcher_secs}
    medians = {root: statistics.median(secs) for root, secs in launcher_secs.items()}
    return [
        Figure(f"a run after {RUNS} others, seconds in launcher and ML Metadata", medians[many], 10, "<="),
        Figure("the same after one", medians[few], 10, "<="),
        Figure(f"slipway inspect of {RUNS} runs, seconds", inspect_secs[many], 3, "<="),
        Figure("the same of one", inspect_secs[few], 3, "<="),
    ]


def _run(root: Path, folder: Path, *, limit: float) -> float:
    """Runs one epoch on a root. Returns the seconds in TFX's launcher and ML Metadata."""
    config = yaml.safe_load(CONFIG.read_text())
    config["train"] |= {"epochs": 1, "schedule": {"warmup_epochs": 0}}
    config["evaluate"] = {"gates": {"accuracy": {"min": limit}}, "slices": []}
    config["compress"] = {"variants": ["float32"]}
    path = folder / "digits.yaml"
    path.write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "pipeline.cli", "run", path, "--root", root]
    subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL)
    record = newest_record(root)
    return record.nodes_secs - record.executor_secs


def _add_runs(root: Path) -> None:
    """Registers runs that take everything from the cache, as `slipway run` does for a repeated run."""
    store = RunStore(root)
    [earlier] = store.run_ids()
    for number in range(RUNS):
        register_cached(store.store, f"20260101-000000-{number:03}", earlier=earlier)


def _inspect_secs(root: Path) -> float:
    start_secs = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "inspect", "--root", str(root)], check=True, capture_output=True
    )
    return time.perf_counter() - start_secs


if __name__ == "__main__":
    main("many_runs", measure, seed=0)
