"""How long a comparison of two runs takes, how often it takes chance for a change, and how often it sees one:
`python -m benchmarks.run_comparisons`.

Six minutes. Time is that of `slipway compare`, as a process from its start to its end, on two runs of 10,000 examples.
Pairs of models differ in the seed alone, so that whatever is called sure is a false alarm: networks of scikit-learn on
its digits, with other weights at the start and another order of examples, each judged on the same 360 images; and
logistic models by averaged stochastic gradient descent, judged on 10,000 rows. Five more models of other seeds tell how
much the seed changes, anew for each pair. Of 200 pairs at 5 %, more than MOST_ALARMS would come less than once in a
hundred times. How many pairs the test of the examples alone tells apart stands beside it, without a bar: that is why it
calls nothing sure. The change that is none of the seed is a fifth of the train rows.
"""

import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats
from sklearn.datasets import load_digits, make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import SGDClassifier
from sklearn.neural_network import MLPClassifier

from benchmarks.figures import Figure, main
from inspection.comparison import Compared
from inspection.metric_table import metric_table
from inspection.runs import Run
from records.evaluation import CANDIDATE
from records.run import RunRecord
from tests.inspection.evaluated_runs import METRICS, said, write_evaluated_runs
from tests.inspection.root_writer import FIRST, SECOND

PROJECT = Path(__file__).resolve().parents[1]
EXAMPLES, TURNS = 10_000, 3
PAIRS, RATE = 200, 0.05
# Runs with other seeds that tell how much the seed changes; pairs of which one model is truly another.
WITNESSES, CHANGES = 5, 50
MOST_ALARMS = float(stats.binom.ppf(0.99, PAIRS, RATE))

# (train inputs, train labels, test inputs, test labels)
Data = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
# From a seed to a model.
Make = Callable[[int], Any]


def measure() -> Sequence[Figure]:
    """Compares two runs, and pairs of models by the same function."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    return [
        Figure(f"slipway compare, {EXAMPLES:,} examples, whole process, seconds", _compare_secs(), 2, "<="),
        *_alarms("networks, 360 images", _network, _digits()),
        *_alarms("logistic models, 10,000 rows", _logistic, _rows()),
        _found("logistic models of a fifth of the rows", _logistic, _rows()),
    ]


def _alarms(name: str, make: Make, data: Data) -> Iterator[Figure]:
    """Of PAIRS pairs, how many differ surely by each metric, and how many by the examples alone."""
    sure, apart = dict.fromkeys(METRICS, 0), dict.fromkeys(METRICS, 0)
    for pair in range(PAIRS):
        runs = [_run(make, data, seed) for seed in range((2 + WITNESSES) * pair, (2 + WITNESSES) * (pair + 1))]
        for metric, (_, cell) in metric_table(runs[:2], [run.record for run in runs]).items():
            sure[metric] += cell.is_sure
            apart[metric] += cell.p is not None and cell.p < RATE
    for metric in METRICS:
        yield Figure(f"{name}: false alarms of {PAIRS} pairs by {metric}", float(sure[metric]), MOST_ALARMS, "<=")
        told = f"{name}: of {PAIRS} pairs told apart by the examples alone by {metric}, no bar"
        yield Figure(told, float(apart[metric]), PAIRS, "<=")


def _found(name: str, make: Make, data: Data) -> Figure:
    """Of CHANGES pairs of which one has a fifth of the train rows, how many differ surely by accuracy."""
    found = 0
    for pair in range(CHANGES):
        seeds = range((1 + WITNESSES) * pair, (1 + WITNESSES) * (pair + 1))
        runs = [_run(make, data, seed) for seed in seeds]
        changed = _run(make, data, seeds[0], share=0.2)
        found += metric_table([runs[0], changed], [run.record for run in runs])["accuracy"][1].is_sure
    return Figure(f"{name}: found of {CHANGES}, by accuracy", float(found), 0.8 * CHANGES, ">=")


def _run(make: Make, data: Data, seed: int, *, share: float = 1.0) -> Compared:
    """A run that trained a model with a seed on a share of the rows."""
    inputs, labels, test_inputs, test_labels = data
    rows = int(share * len(labels))
    predictions = said(make(seed).fit(inputs[:rows], labels[:rows]).predict_proba(test_inputs), test_labels)
    metrics = {f"test_{metric}": float(predictions.values_of(CANDIDATE, metric).mean()) for metric in METRICS}
    record = RunRecord(run_id=str(seed), pipeline="p", config={"seed": seed, "share": share}, metrics=metrics)
    run = Run(run_id=record.run_id, state="done", record=record, executions=[])
    return Compared(name=record.run_id, run=run, record=record, values=(), predictions=predictions)


def _network(seed: int) -> MLPClassifier:
    return MLPClassifier((32,), learning_rate_init=0.005, max_iter=30, random_state=seed)


def _logistic(seed: int) -> SGDClassifier:
    return SGDClassifier(loss="log_loss", alpha=1e-3, max_iter=5, tol=None, average=True, random_state=seed)


def _digits() -> Data:
    inputs, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    train, test = order[:-360], order[-360:]
    return inputs[train] / 16, labels[train], inputs[test] / 16, labels[test]


def _rows() -> Data:
    inputs, labels = make_classification(12_000, 20, n_informative=8, n_classes=3, flip_y=0.05, random_state=0)
    return inputs[:2_000], labels[:2_000], inputs[2_000:], labels[2_000:]


def _compare_secs() -> float:
    """The median of TURNS, after one that reads modules which are not in memory yet."""
    with tempfile.TemporaryDirectory() as folder:
        root = write_evaluated_runs(Path(folder), examples=EXAMPLES).path
        command = [sys.executable, "-m", "pipeline.cli", "compare", FIRST, SECOND, "--root", str(root)]
        turns = []
        for _ in range(1 + TURNS):
            begin = time.perf_counter()
            done = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
            turns.append(time.perf_counter() - begin)
            assert "McNemar's exact test" in done.stdout
    return statistics.median(turns[1:])


if __name__ == "__main__":
    main("run_comparisons", measure, seed=0)
