"""How long a run takes that takes everything from the cache: `python -m benchmarks.cached_run`.

It is held against an earlier version's, in turns: SLIPWAY_BEFORE names a checkout with a .venv. Times are those of the
whole process, which a run's own `total_secs` does not see the end of; `benchmarks.digits` has them in seconds.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import Figure, main

PROJECT = Path(__file__).resolve().parents[1]
# Of each checkout: earlier versions do not know later keys.
CONFIG = Path("pipeline") / "configs" / "digits.yaml"
REPEATS = 7


def measure() -> Sequence[Figure]:
    """Fills the caches, and runs again and again."""
    before = Path(os.environ["SLIPWAY_BEFORE"])
    pythons = {PROJECT: Path(sys.executable), before: before / ".venv" / "bin" / "python"}
    with tempfile.TemporaryDirectory() as folder:
        roots = {checkout: Path(folder) / str(number) for number, checkout in enumerate(pythons)}
        turns = [
            {checkout: _run_secs(python, checkout, roots[checkout]) for checkout, python in pythons.items()}
            # The first fills the cache, the second finds all there.
            for _ in range(2 + REPEATS)
        ][2:]
    ratios = [turn[PROJECT] / turn[before] for turn in turns]
    return [Figure("digits: seconds over the earlier version's", statistics.median(ratios), 0.5, "<=")]


def _run_secs(python: Path, checkout: Path, root: Path) -> float:
    command = [python, "-m", "pipeline.cli", "run", CONFIG, "--root", root]
    start_secs = time.perf_counter()
    # Of the checkout's code, whatever the environment names.
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    subprocess.run(list(map(str, command)), check=True, cwd=checkout, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start_secs


if __name__ == "__main__":
    main("cached_run", measure, seed=0)
