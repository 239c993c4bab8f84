"""What look-ups cost in a root of hundreds of runs: `python -m benchmarks.many_runs`.

ML Metadata 1.21 filters in Python what 1.16 filtered in SQLite (`filter_query`), so that look-ups grow with the runs.
A pipeline of two nodes that do next to nothing shows what TFX's launcher and ML Metadata take of a run.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import Figure, main
from inspection.store import RunStore
from pipeline.cached_executions import register_cached
from pipeline.root import Root
from tests.pipeline.small_pipeline import run_small_pipeline

RUNS, TURNS = 300, 5


def measure() -> Sequence[Figure]:
    """Two roots in turns, one of them with 300 runs more."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = Root(Path(folder) / "few"), Root(Path(folder) / "many")
        for root in (few, many):
            run_small_pipeline(root, "20260101-000000-000")
        _add_runs(many.path)
        secs: dict[Root, list[float]] = {few: [], many: []}
        for turn in range(TURNS):
            for root, taken in secs.items():
                start_secs = time.perf_counter()
                run_small_pipeline(root, f"20260102-000000-{turn:03}", value=10 + turn)
                taken.append(time.perf_counter() - start_secs)
        inspect_secs = statistics.median(_inspect_secs(many.path) for _ in range(TURNS))
    medians = {root: statistics.median(taken) for root, taken in secs.items()}
    return [
        Figure("two nodes in a root of one run, seconds", medians[few], 1, "<="),
        Figure(f"two nodes in a root of {RUNS} runs, seconds", medians[many], 2, "<="),
        Figure(f"slipway inspect of {RUNS} runs, seconds", inspect_secs, 3, "<="),
    ]


def _add_runs(root: Path) -> None:
    """Registers runs that take everything from the cache, as `slipway run` does for a repeated run."""
    store = RunStore(root)
    [earlier] = store.run_ids()
    for number in range(1, RUNS):
        register_cached(store.store, f"20260101-000000-{number:03}", earlier=earlier)


def _inspect_secs(root: Path) -> float:
    command = [sys.executable, "-m", "pipeline.cli", "inspect", "--root", str(root)]
    start_secs = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start_secs


if __name__ == "__main__":
    main("many_runs", measure, seed=0)
