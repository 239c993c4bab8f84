"""What Beam's engines leave and what they take: `python -m benchmarks.engines`.

Compared with the direct runner in memory, the default: the direct runner with two processes, Beam's own job server, and
where they are at hand Prism (on PATH or named by PRISM) and Flink. About fifteen minutes an engine; the environment
variable SLIPWAY_ROWS names other sizes, such as 10000,100000,1000000, of which the last takes an hour an engine.
"""

import contextlib
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import yaml

from benchmarks.beam_engines import ENGINES, MissingEngineError
from benchmarks.beam_runs import run_on_both
from benchmarks.engine_outputs import outputs_of
from benchmarks.figures import Figure, main
from benchmarks.run_results import newest_record
from pipeline.beam.section import BEAM_NODES

SEED = 0
SIZES = tuple(map(int, os.environ.get("SLIPWAY_ROWS", "10000,100000").split(",")))
# A file is what one worker reads.
FILES = 8
NUMBERS, TEXTS = 6, 2
DEFAULT, PROCESSES = "in memory", "two processes"
TIMED = ("StatisticsGen", "Transform")


def measure() -> Sequence[Figure]:
    """Outputs that differ, then the times of the statistics and of Transform."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        configs = [_write_config(folder / f"{rows}", rows) for rows in SIZES]
        secs: dict[str, list[float]] = {DEFAULT: [_secs(config, {}) for config in configs]}
        for name in (PROCESSES, *ENGINES):
            try:
                with _engine(name, folder) as section:
                    figures.append(_differing(name, section, folder / name))
                    secs[name] = [_secs(config, section) for config in configs]
            except MissingEngineError as missing:
                print(f"{name}: {missing}", flush=True)
    figures += [
        Figure(f"{rows:,} rows on {name}: rows a second", rows / taken[place], 100, ">=")
        for name, taken in secs.items()
        for place, rows in enumerate(SIZES)
    ]
    default = secs.pop(DEFAULT)
    return figures + [figure for name, taken in secs.items() for figure in _against_default(name, default, taken)]


def _against_default(name: str, default: Sequence[float], taken: Sequence[float]) -> Iterator[Figure]:
    yield Figure(f"{SIZES[-1]:,} rows: time on {name}, share of that in memory", taken[-1] / default[-1], 1, "<=")
    if len(SIZES) < 2:
        return
    # Each time is taken for a start and a time for each row, told by the smallest and the largest size.
    (start, per_row), (default_start, default_per_row) = map(_line, (taken, default))
    if per_row < default_per_row:
        rows = max(0.0, (start - default_start) / (default_per_row - per_row))
        yield Figure(f"rows from which {name} is faster than in memory, by a line", rows, 1e6, "<=")


def _line(secs: Sequence[float]) -> tuple[float, float]:
    per_row = (secs[-1] - secs[0]) / (SIZES[-1] - SIZES[0])
    return secs[0] - per_row * SIZES[0], per_row


def _engine(name: str, folder: Path) -> AbstractContextManager[dict[str, Any]]:
    if name == PROCESSES:
        return contextlib.nullcontext({"mode": "multi_processing", "workers": 2})
    logs = folder / f"{name} logs"
    logs.mkdir()
    # Where `run_on_both` writes its modules.
    return ENGINES[name](folder / name, logs)


def _differing(name: str, section: dict[str, Any], folder: Path) -> Figure:
    folder.mkdir()
    root = run_on_both(folder, section)
    outputs = outputs_of(section.get("nodes", BEAM_NODES))
    differing = [what for what, (_, read) in outputs.items() if read(root, 0) != read(root, 1)]
    print(f"{name}: differing {', '.join(differing) or 'nothing'}", flush=True)
    return Figure(f"outputs of the steps on Beam that differ, of {len(outputs)}: {name}", len(differing), 0, "<=")


def _write_config(folder: Path, rows: int) -> Path:
    """Rows of numbers, texts and a class, in files for each of which a worker can be at work."""
    folder.mkdir()
    draw = random.Random(SEED)
    names = [*(f"number {place}" for place in range(NUMBERS)), *(f"text {place}" for place in range(TEXTS))]
    files = [folder / f"{number}.csv" for number in range(FILES)]
    for file in files:
        with file.open("w") as lines:
            lines.write(",".join([*names, "class"]) + "\n")
            for _ in range(rows // FILES):
                numbers = [draw.gauss(0, 1) for _ in range(NUMBERS)]
                texts = [f"value {draw.randrange(100)}" for _ in range(TEXTS)]
                lines.write(",".join([*(f"{each:.4f}" for each in numbers), *texts, str(int(numbers[0] > 0))]) + "\n")
    config = {
        "name": "rows",
        "task": "tasks.tabular.Tabular",
        "options": {
            "source": {"kind": "csv", "files": {"train": list(map(str, files))}},
            "label": {"column": "class", "kind": "binary", "classes": ["0", "1"]},
            "columns": {
                "others": "leave_out",
                "numeric": {name: {"may_be_missing": False} for name in names[:NUMBERS]},
                "categorical": {name: {"size": 100, "may_be_missing": False} for name in names[NUMBERS:]},
            },
        },
        "evaluate": {"gates": {"accuracy": {"min": 0.5}}},
    }
    path = folder / "pipeline.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


def _secs(config: Path, section: dict[str, Any]) -> float:
    """The time of the two steps' executors; ExampleGen's examples are the first engine's."""
    beam = {**section, "nodes": list(TIMED)} if section else {}
    config.write_text(yaml.safe_dump({**yaml.safe_load(config.read_text()), "beam": beam}))
    root = config.parent / "root"
    command = [sys.executable, "-m", "pipeline.cli", "run", str(config), "--root", str(root), "--to", "Transform"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    taken = {node.name: node for node in newest_record(root).nodes if node.name in TIMED}
    if any(node.state != "done" for node in taken.values()):
        raise RuntimeError(f"both steps must have run. Received: {[node.state for node in taken.values()]}")
    print(f"{config.parent.name} rows, {section or DEFAULT}: ", {name: taken[name].executor_secs for name in TIMED})
    return sum(node.executor_secs for node in taken.values())


if __name__ == "__main__":
    main("engines", measure, seed=SEED)
