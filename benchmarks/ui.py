"""How fast `slipway ui` starts, and how fast its page of five hundred runs comes: `python -m benchmarks.ui`.

Half a minute. The root is made for it, with records of four variants each. A start is that of a process, until it says
where it listens; the first page is asked for at once, while the app may still be reading records.
"""

import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import Figure, main
from tests.inspection.many_runs import write_many_runs

PROJECT = Path(__file__).resolve().parents[1]
RUNS, STARTS, TURNS = 500, 5, 5
# Says in the end which modules there are.
SCRIPT = """
import sys, threading
from pipeline.cli import cli
def tell():
    sys.stdin.readline()
    print(int("tensorflow" in sys.modules), flush=True)
threading.Thread(target=tell, daemon=True).start()
cli(["ui", sys.argv[1], "--port", "0"], standalone_mode=False)
"""


def measure() -> Sequence[Figure]:
    """Starts the app again and again on one root."""
    with tempfile.TemporaryDirectory() as folder:
        root = write_many_runs(Path(folder) / "many", RUNS).path
        # The first start reads modules that are not in memory yet.
        starts = [_start(root) for _ in range(1 + STARTS)][1:]
    start_secs, first_bytes, wholes, imports = zip(*starts, strict=True)
    return [
        Figure("start, seconds", statistics.median(start_secs), 1.5, "<="),
        Figure("TensorFlow imported, starts", float(sum(imports)), 0, "<="),
        Figure(f"page of {RUNS} runs, first byte, seconds", max(first_bytes), 0.3, "<="),
        Figure(f"page of {RUNS} runs, complete, seconds", max(wholes), 1, "<="),
    ]


def _start(root: Path) -> tuple[float, float, float, int]:
    """(seconds until it listens, slowest first byte, slowest page, whether TensorFlow was imported)."""
    begin = time.perf_counter()
    command = [sys.executable, "-c", SCRIPT, str(root)]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            address = re.search(r"http://\S+", process.stdout.readline())
            start_secs = time.perf_counter() - begin
            assert address is not None
            turns = [_page(address.group(0)) for _ in range(TURNS)]
            process.stdin.write("\n")
            process.stdin.flush()
            imported = int(process.stdout.readline())
        finally:
            process.kill()
    return start_secs, max(first for first, _ in turns), max(whole for _, whole in turns), imported


def _page(address: str) -> tuple[float, float]:
    """(seconds to the first byte, seconds to the last)."""
    begin = time.perf_counter()
    with urllib.request.urlopen(address) as answer:
        answer.read(1)
        first_secs = time.perf_counter() - begin
        rows = answer.read().count(b"<tr data-words=")
    assert rows == RUNS
    return first_secs, time.perf_counter() - begin


if __name__ == "__main__":
    main("ui", measure, seed=0)
