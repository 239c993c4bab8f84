"""The first run of the digits pipeline, one node at a time and two: `python -m benchmarks.jobs`."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import Figure, main
from benchmarks.run_results import newest_record
from records.run import RunRecord

CONFIG = "pipeline/configs/digits.yaml"
PAIRS = 4


def measure() -> Sequence[Figure]:
    """Runs pairs, each run on a root of its own; which of a pair comes first alternates."""
    secs: dict[int, list[float]] = {1: [], 2: []}
    records: dict[int, RunRecord] = {}
    for pair in range(PAIRS):
        for jobs in sorted(secs, reverse=pair % 2 == 1):
            taken_secs, records[jobs] = _run(jobs)
            secs[jobs].append(taken_secs)
            print(f"--jobs {jobs}: {taken_secs:.1f} s", flush=True)
    nodes = {node.name: node.secs for node in records[1].nodes}
    # What two at a time can hide: the nodes that judge the data, or Transform beside them.
    judging_secs = sum(nodes[name] for name in ("StatisticsGen", "ExampleValidator", "DataGate"))
    least = 1 - min(judging_secs, nodes["Transform"]) / records[1].total_secs
    one, two = (statistics.median(secs[jobs]) for jobs in (1, 2))
    accuracies = [record.metrics["test_accuracy"] for record in records.values()]
    return [
        Figure("digits, first run: time of --jobs 2, share of that of --jobs 1", two / one, 0.85, "<="),
        Figure("digits: the least share that its DAG allows", least, 0.85, "<="),
        Figure("digits: difference of the test accuracies", abs(accuracies[0] - accuracies[1]), 0, "<="),
    ]


def _run(jobs: int) -> tuple[float, RunRecord]:
    """The seconds of the whole process, and the run's record."""
    with tempfile.TemporaryDirectory() as root:
        command = [sys.executable, "-m", "pipeline.cli", "run", CONFIG, "--root", root, "--jobs", str(jobs)]
        start_secs = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start_secs, newest_record(Path(root))


if __name__ == "__main__":
    main("jobs", measure, seed=0)
