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
from ml_metadata.proto import metadata_store_pb2 as mlmd
from scipy import stats
from sklearn.datasets import load_digits, make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import SGDClassifier
from sklearn.neural_network import MLPClassifier

from benchmarks.figures import Figure, main
from inspection.pairing import paired_tests
from records.evaluation import CANDIDATE
from records.predictions import Predictions, write_predictions
from tests.components.tfma_files import write_tfma_files
from tests.inspection.root_writer import FIRST, SECOND, RootWriter

PROJECT = Path(__file__).resolve().parents[1]
EXAMPLES, TURNS = 10_000, 3
PAIRS, RATE = 200, 0.05
MOST_ALARMS = float(stats.binom.ppf(0.99, PAIRS, RATE))
METRICS = ("accuracy", "cross_entropy")

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
        first, second = (_said(model.predict_proba(test_inputs), test_labels) for model in models)
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


def _said(probabilities: np.ndarray, labels: np.ndarray) -> Predictions:
    """The record of a model as Evaluator writes it."""
    right = probabilities.argmax(axis=1) == labels
    losses = -np.log(np.clip(probabilities[np.arange(len(labels)), labels], 1e-7, 1))
    return Predictions(
        keys=np.arange(len(labels), dtype=np.uint64),
        kind="classes",
        overlap=False,
        threshold=0.5,
        labels=labels.astype(np.float32),
        models=(CANDIDATE,),
        outputs=probabilities[None].astype(np.float32),
        metrics=METRICS,
        values=np.array([[right, losses]], np.float32),
        slices=tuple(f"label={label}" for label in range(probabilities.shape[1])),
        places=labels[:, None].astype(np.int32),
    )


def _compare_secs() -> float:
    """The median of TURNS, after one that reads modules which are not in memory yet."""
    with tempfile.TemporaryDirectory() as folder:
        root = _write_root(Path(folder))
        command = [sys.executable, "-m", "pipeline.cli", "compare", FIRST, SECOND, "--root", str(root)]
        turns = []
        for _ in range(1 + TURNS):
            begin = time.perf_counter()
            done = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
            turns.append(time.perf_counter() - begin)
            assert "McNemar's exact test" in done.stdout
    return statistics.median(turns[1:])


def _write_root(path: Path) -> Path:
    """A root of two runs that were evaluated on the same examples, of ten classes."""
    writer, draw = RootWriter(path), np.random.default_rng(0)
    labels = draw.integers(0, 10, EXAMPLES)
    for run, skill in ((FIRST, 3.0), (SECOND, 3.1)):
        logits = draw.normal(size=(EXAMPLES, 10)) + skill * np.eye(10)[labels]
        said = _said(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), labels)
        evaluation = path / "artifacts" / run
        evaluation.mkdir(parents=True)
        write_predictions(str(evaluation), said)
        metrics = {metric: float(said.values_of(CANDIDATE, metric).mean()) for metric in METRICS}
        write_tfma_files(evaluation, {"": {(CANDIDATE, metric): value for metric, value in metrics.items()}})
        written = writer.artifact("ModelEvaluation", run)
        writer.execution(run, "Evaluator", mlmd.Execution.COMPLETE, {}, {"evaluation": written})
        tested = {f"test_{metric}": value for metric, value in metrics.items()}
        writer.record(run, nodes=[{"name": "Evaluator"}], metrics={**tested, "test_example_count": EXAMPLES})
    return path


if __name__ == "__main__":
    main("run_comparisons", measure, seed=0)
