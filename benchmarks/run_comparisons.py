"""How long a comparison of two runs takes, and how often it takes chance for a change:
`python -m benchmarks.run_comparisons`.

Four minutes. Time is that of `slipway compare`, as a process from its start to its end, on two runs of 10,000 test
examples. Pairs of models differ in the seed alone, so that whatever is called sure is a false alarm: networks of
scikit-learn on its digits, with other weights at the start and another order of examples, each judged on the same 360
images; and logistic models by averaged stochastic gradient descent, on 10,000 rows. Of 200 pairs at 5 %, more
than MOST_ALARMS would come less than once in a hundred times.
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
from inspection.pairing import paired_tests
from records.evaluation import CANDIDATE
from tests.inspection.evaluated_runs import METRICS, said, write_evaluated_runs
from tests.inspection.root_writer import FIRST, SECOND

PROJECT = Path(__file__).resolve().parents[1]
EXAMPLES, TURNS = 10_000, 3
PAIRS, RATE = 200, 0.05
MOST_ALARMS = float(stats.binom.ppf(0.99, PAIRS, RATE))

# (train inputs, train labels, test inputs, test labels)
Data = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def measure() -> Sequence[Figure]:
    """Compares two runs, and pairs of models by the same function."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    return [
        Figure(f"slipway compare, {EXAMPLES:,} examples, whole process, seconds", _compare_secs(), 2, "<="),
        *_alarms("networks, 360 images", _network, _digits()),
        *_alarms("logistic models, 10,000 rows", _logistic, _rows()),
    ]


def _alarms(name: str, make: Callable[[int], Any], data: Data) -> Iterator[Figure]:
    """Of PAIRS pairs, how many differ surely by each metric."""
    inputs, labels, test_inputs, test_labels = data
    alarms = dict.fromkeys(METRICS, 0)
    for pair in range(PAIRS):
        models = [make(2 * pair + each).fit(inputs, labels) for each in range(2)]
        first, second = (said(model.predict_proba(test_inputs), test_labels) for model in models)
        for metric, test in paired_tests(first, second, model=CANDIDATE).items():
            alarms[metric] += test.p < RATE
    for metric, count in alarms.items():
        yield Figure(f"{name}: false alarms of {PAIRS} pairs by {metric}", float(count), MOST_ALARMS, "<=")


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
