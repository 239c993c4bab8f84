"""The training loop against `model.fit`, and what logging and checkpoints cost: `python -m benchmarks.training_loop`.

Needs Fashion-MNIST below $SLIPWAY_DATA_DIR.
"""

import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.figures import Figure, main
from benchmarks.training_cases import NUM_CLASSES, Bench
from records.model_run import STEPS_FILE
from training import CheckpointStore
from training.hooks import Hook
from training.loop import Loop
from training.options import SummaryOptions
from training.summaries import (
    ClassificationSummaries,
    GraphSummary,
    HParamsSummary,
    ScalarSummaries,
    WeightSummaries,
)
from training.writers import AsyncWriter, CsvWriter, GuardedWriter, JsonlWriter, MultiWriter, TensorBoardWriter

RUNS = 5
# What is tried for both ways, as shares of an epoch's steps.
EXECUTIONS_PER_EPOCH = (20, 5, 1)


def secs(run: Callable[[], None]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def speed_against_fit(case: str, *, epochs: int) -> float:
    """Steps per second of the loop over those of fit: medians of alternating runs, each way at its best."""
    bench = Bench(case)
    ways: dict[str, list[Callable[[], None]]] = {"fit": [], "loop": []}
    for executions in EXECUTIONS_PER_EPOCH:
        steps = max(1, bench.case.steps // executions)
        fit, loop = bench.fit(steps), bench.loop(steps)
        ways["fit"].append(lambda fit=fit: fit(epochs))  # type: ignore[misc]
        ways["loop"].append(lambda loop=loop: bench.run_loop(loop, epochs))  # type: ignore[misc]
    best: dict[str, Callable[[], None]] = {}
    for name, runs in ways.items():
        for run in runs:
            run()
        best[name] = min(runs, key=lambda run: statistics.median(secs(run) for _ in range(2)))
    times: dict[str, list[float]] = {"fit": [], "loop": []}
    for _ in range(RUNS):
        for name, run in best.items():
            times[name].append(secs(run))
    print(case, {name: [round(value, 3) for value in values] for name, values in times.items()}, flush=True)
    return statistics.median(times["fit"]) / statistics.median(times["loop"])


def logging_hooks(bench: Bench, folder: Path) -> tuple[list[Hook], AsyncWriter]:
    """The full set at the intervals that the pipeline has by default."""
    intervals = SummaryOptions()
    writers = [
        GuardedWriter(TensorBoardWriter(folder / "tensorboard")),
        GuardedWriter(JsonlWriter(folder / STEPS_FILE)),
        GuardedWriter(CsvWriter(folder / "steps.csv")),
    ]
    writer = AsyncWriter(MultiWriter(writers))
    inputs, labels = bench.sample
    hooks = [
        ScalarSummaries(writer, every_steps=intervals.scalars_every_steps),
        HParamsSummary(writer, values={"learning_rate": 0.004}),
        GraphSummary(writer),
        WeightSummaries(writer, every_steps=intervals.weights_every_steps),
        ClassificationSummaries(
            writer,
            inputs=inputs,
            labels=labels,
            names=[str(index) for index in range(NUM_CLASSES)],
            every_epochs=intervals.samples_every_epochs,
            embedding_layer="pooled",
        ),
    ]
    return hooks, writer


def cost_of_logging(*, epochs: int) -> float:
    """Wall time with over without, less one; of trainings whose graphs are traced already."""
    bench = Bench("fashion_mnist")
    plain = bench.loop(bench.case.steps)
    with tempfile.TemporaryDirectory() as folder:
        logged = bench.loop(bench.case.steps)
        logged.hooks, writer = logging_hooks(bench, Path(folder))
        bench.run_loop(plain, 1)
        bench.run_loop(logged, 1)
        pairs = []
        for _ in range(RUNS):
            pairs.append((secs(lambda: bench.run_loop(logged, epochs)), secs(lambda: bench.run_loop(plain, epochs))))
        writer.close()
    print("logging", [(round(a, 2), round(b, 2)) for a, b in pairs], flush=True)
    return statistics.median(a for a, _ in pairs) / statistics.median(b for _, b in pairs) - 1


def blocking_of_checkpoints(*, epochs: int) -> float:
    """Share of a training's time, at the default interval, for which checkpoints held it up."""
    bench = Bench("fashion_mnist")
    blocked = 0.0

    def measure_time(method: Callable) -> Callable:
        def call(*arguments: object, **options: object) -> object:
            nonlocal blocked
            start = time.perf_counter()
            try:
                return method(*arguments, **options)
            finally:
                # The thread that writes holds nothing up.
                if threading.current_thread() is threading.main_thread():
                    blocked += time.perf_counter() - start

        return call

    with tempfile.TemporaryDirectory() as folder:
        store = CheckpointStore(folder)
        loop: Loop = bench.loop(bench.case.steps, checkpoints=store)
        bench.run_loop(loop, 1)
        store.save, loop.snapshots.take = measure_time(store.save), measure_time(loop.snapshots.take)  # type: ignore[method-assign]
        blocked = 0.0
        total = secs(lambda: bench.run_loop(loop, epochs))
        print("checkpoints", store.steps(), round(blocked, 4), "of", round(total, 1), "s", flush=True)
    return blocked / total


def _process(*arguments: object) -> tuple[list[tuple[int, float]], float]:
    """(number, seconds since the process was started) of each line that a training prints; seconds in all."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.training_cases", *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    lines = [(int(line), time.perf_counter() - start) for line in process.stdout]
    process.wait()
    return lines, time.perf_counter() - start


def kill_and_resume(*, epochs: int) -> tuple[float, int]:
    """(time lost over start-up and steps since the last checkpoint, number of weights that differ in the end)."""
    with tempfile.TemporaryDirectory() as folder:
        kill_at = random.randint(200, 450)
        plain, plain_secs = _process("digits", "loop", epochs, f"{folder}/plain", f"{folder}/plain.npz", 10**9)
        killed, killed_secs = _process("digits", "loop", epochs, f"{folder}/killed", "", kill_at)
        last = CheckpointStore(f"{folder}/killed").steps()[-1]
        resumed, resumed_secs = _process("digits", "loop", epochs, f"{folder}/killed", f"{folder}/resumed.npz", 10**9)
        with np.load(f"{folder}/plain.npz") as one, np.load(f"{folder}/resumed.npz") as other:
            different = sum(int(np.sum(one[name] != other[name])) for name in one.files)
    lost_secs = killed_secs + resumed_secs - plain_secs
    # The last line is the peak memory.
    (first_step, first_secs), (last_step, last_secs) = plain[0], plain[-2]
    secs_a_step = (last_secs - first_secs) / (last_step - first_step)
    killed_step, _ = killed[-1]
    # Until the first steps of the resumed process are done, with the imports and the traced graph.
    explained_secs = resumed[0][1] + (killed_step - last) * secs_a_step
    print(f"killed at {killed_step}, checkpoint {last}: lost {lost_secs:.2f} s of {explained_secs:.2f} s", flush=True)
    return lost_secs / explained_secs, different


def memory_against_fit(case: str, *, epochs: int) -> float:
    """Peak resident memory of a whole process over that of fit's."""
    peaks = {way: statistics.median(_process(case, way, epochs)[0][-1][0] for _ in range(3)) for way in ("loop", "fit")}
    print("memory", case, peaks, flush=True)
    return peaks["loop"] / peaks["fit"]


def measure() -> Sequence[Figure]:
    """All figures, one after the other."""
    digits = speed_against_fit("digits", epochs=2)
    small = speed_against_fit("small_cnn", epochs=6)
    large = speed_against_fit("fashion_mnist", epochs=2)
    logging = cost_of_logging(epochs=15)
    blocked = blocking_of_checkpoints(epochs=30)
    resumptions = [kill_and_resume(epochs=3) for _ in range(RUNS)]
    return [
        Figure("steps/s over model.fit's, digits ResNet-SE (99,672 parameters)", digits, 1.2, ">="),
        Figure("steps/s over model.fit's, digits, two convolutions, batch 32", small, 1.2, ">="),
        Figure("steps/s over model.fit's, Fashion-MNIST ResNet-SE", large, 1.0, ">="),
        Figure("full logging at default intervals, time added", logging, 0.03, "<="),
        Figure("checkpoints at the default interval, share of time blocked", blocked, 0.01, "<="),
        Figure(
            "kill -9 and resume, time lost over start-up plus steps since the checkpoint",
            statistics.median(lost for lost, _ in resumptions),
            1.0,
            "<=",
        ),
        Figure("resumed against uninterrupted, weights that differ", max(n for _, n in resumptions), 0, "<="),
        Figure("peak memory over model.fit's, digits", memory_against_fit("digits", epochs=2), 1.1, "<="),
        Figure("peak memory over model.fit's, Fashion-MNIST", memory_against_fit("fashion_mnist", epochs=2), 1.1, "<="),
    ]


if __name__ == "__main__":
    main("training_loop", measure, seed=0)
