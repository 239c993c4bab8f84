"""Small tables that ship with scikit-learn: 5 folds, against the best of three of its estimators at their defaults.

Of each fold's train rows an eighth is our eval split, by whose loss the epoch is chosen; scikit-learn gets it to train.
Each table's options were chosen by the loss on these eighths.
"""

import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.figures import Figure
from benchmarks.tabular_training import FittedTransform, columns_of, labels, predict, read_examples, train
from data.source import SPLITS
from tasks.loading import TaskSpec
from tasks.tabular import Tabular
from training.options import TrainOptions

SEED = 0
FOLDS = 5
EVAL_SHARE = 1 / 8


class Case(NamedTuple):
    """A table's options."""

    model: Mapping[str, Any]
    train: Mapping[str, Any]


_ADAM = {"kind": "adam", "weight_decay": 0.05}
_COSINE = {"kind": "cosine", "warmup_epochs": 0}
CASES = {
    "wine": Case(
        {"kind": "mlp", "widths": [32], "dropout": 0.2},
        {"batch_size": 32, "epochs": 60, "learning_rate": 0.01, "schedule": _COSINE, "optimizer": _ADAM},
    ),
    "breast_cancer": Case(
        {"kind": "mlp", "widths": [32], "dropout": 0.2},
        {"batch_size": 32, "epochs": 40, "learning_rate": 0.01, "schedule": _COSINE, "optimizer": _ADAM},
    ),
    "diabetes": Case(
        {"kind": "mlp", "widths": [32], "dropout": 0.2},
        {"batch_size": 32, "epochs": 40, "learning_rate": 0.005, "schedule": _COSINE, "optimizer": _ADAM},
    ),
}


def against_scikit_learn() -> Sequence[Figure]:
    """Accuracy, or RMSE of diabetes."""
    return [_figure(name, case) for name, case in CASES.items()]


def _figure(name: str, case: Case) -> Figure:
    spec = TaskSpec(
        task="tasks.tabular.Tabular",
        options={"source": {"kind": "sklearn", "name": name}, "label": {"column": "target"}, "model": case.model},
    )
    task = spec.load()
    assert isinstance(task, Tabular)
    examples = [example for split in SPLITS for example in read_examples(task, split)]
    truth = labels(examples)
    rows = np.array(list(columns_of(examples, [*task.columns.numeric])), float)
    is_class = bool(task.labels())
    folds = (StratifiedKFold if is_class else KFold)(FOLDS, shuffle=True, random_state=SEED)
    ours: list[float] = []
    theirs: dict[str, list[float]] = {}
    for fold, (known, held_out) in enumerate(folds.split(rows, truth)):
        fit, evaluation = train_test_split(
            known, test_size=EVAL_SHARE, random_state=SEED, stratify=truth[known] if is_class else None
        )
        splits = {"train": [examples[i] for i in fit], "eval": [examples[i] for i in evaluation]}
        with tempfile.TemporaryDirectory() as place:
            transform = FittedTransform(task, splits["train"], Path(place) / "transform")
            options = TrainOptions.model_validate(case.train)
            model, loss = train(task, options, transform=transform, splits=splits, seed=SEED)
            predicted = predict(task, model, transform.apply([examples[i] for i in held_out]))
        ours.append(_score(truth[held_out], _told(predicted, is_class), is_class))
        for kind, estimator in _estimators(is_class).items():
            answer = estimator.fit(rows[known], truth[known]).predict(rows[held_out])
            theirs.setdefault(kind, []).append(_score(truth[held_out], answer, is_class))
        print(f"{name}, fold {fold}: eval loss {loss:.4f}, ours {ours[-1]:.4f}", flush=True)
    means = {kind: statistics.mean(scores) for kind, scores in theirs.items()}
    print(f"{name}: ours {statistics.mean(ours):.4f}, {means}", flush=True)
    if is_class:
        return Figure(f"{name}: accuracy in 5 folds", statistics.mean(ours), max(means.values()) - 0.01, ">=")
    return Figure(f"{name}: RMSE in 5 folds", statistics.mean(ours), min(means.values()) * 1.03, "<=")


def _told(predicted: np.ndarray, is_class: bool) -> np.ndarray:
    if not is_class:
        return predicted[:, 0]
    # Of two classes, the probability of the last.
    return predicted.argmax(axis=1) if predicted.shape[1] > 1 else (predicted[:, 0] > 0.5).astype(int)


def _score(truth: np.ndarray, told: np.ndarray, is_class: bool) -> float:
    return float(np.mean(truth == told) if is_class else np.sqrt(np.mean((truth - told) ** 2)))


def _estimators(is_class: bool) -> dict[str, BaseEstimator]:
    if is_class:
        return {
            "logistic regression": make_pipeline(StandardScaler(), LogisticRegression()),
            "random forest": RandomForestClassifier(random_state=SEED),
            "boosted trees": HistGradientBoostingClassifier(random_state=SEED),
        }
    return {
        "linear regression": LinearRegression(),
        "random forest": RandomForestRegressor(random_state=SEED),
        "boosted trees": HistGradientBoostingRegressor(random_state=SEED),
    }
