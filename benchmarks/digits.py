"""What the digits pipeline costs and what comes out of it: `python -m benchmarks.digits`."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import Figure, main
from benchmarks.run_results import newest_record, variant_metrics

CONFIG = "pipeline/configs/digits.yaml"
SLIPWAY = str(Path(sys.executable).with_name("slipway"))
REPEATS = 5


def slipway(*arguments: str) -> float:
    """Runs the command line; returns the seconds of the whole process."""
    start_secs = time.perf_counter()
    subprocess.run([SLIPWAY, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start_secs


def median_secs(*arguments: str) -> float:
    """The median over several runs, after one that does not count."""
    slipway(*arguments)
    return statistics.median(slipway(*arguments) for _ in range(REPEATS))


def measure() -> Sequence[Figure]:
    """Runs the pipeline twice on a new root, then asks the command line about it."""
    with tempfile.TemporaryDirectory() as root:
        first_secs = slipway("run", CONFIG, "--root", root)
        first = newest_record(Path(root))
        second_secs = slipway("run", CONFIG, "--root", root)
        second = newest_record(Path(root))
        metrics = variant_metrics(first)
        sizes = {variant.name: variant.bytes for variant in first.variants}
        return [
            Figure("first run, whole DAG, seconds", first_secs, 240, "<="),
            Figure("second run, nothing changed, seconds", second_secs, 60, "<="),
            Figure("second run, nodes from the cache", sum(node.cached for node in second.nodes), 13, ">="),
            Figure("test accuracy, float SavedModel", first.metrics["test_accuracy"], 0.975, ">="),
            Figure("parameters", first.metrics["parameters"], 100_000, "<="),
            Figure("int8 TFLite, accuracy lost against float32", metrics["float32"] - metrics["int8"], 0.01, "<="),
            Figure("int8 TFLite, share of float32's bytes", sizes["int8"] / sizes["float32"], 0.35, "<="),
            Figure("orchestration, share of the first run", first.orchestration_share, 0.15, "<="),
            Figure("slipway --help, seconds", median_secs("--help"), 0.5, "<="),
            Figure(
                "slipway registry list, seconds",
                median_secs("registry", "list", "--registry", f"{root}/registry"),
                0.5,
                "<=",
            ),
            Figure("slipway inspect, seconds", median_secs("inspect", "--root", root), 3, "<="),
        ]


if __name__ == "__main__":
    main("digits", measure, seed=0)
