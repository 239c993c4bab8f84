"""Taxi: the network of `pipeline/configs/taxi.yaml` beside scikit-learn's, on the same rows of the same splits.

What the config says was chosen by its eval split; the test split is read here alone. Boosted trees and logistic
regression see the same columns, categories as such, and numbers standardized for the latter.
"""

import functools
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks.converted_files import convert_model
from benchmarks.figures import Figure
from benchmarks.tabular_training import Examples, FittedTransform, columns_of, labels, predict, read_examples, train
from data.source import SPLITS
from pipeline.config import load_config, load_task
from serving.tflite import TFLiteModel
from tasks.tabular import Tabular

CONFIG = Path("pipeline/configs/taxi.yaml")
SEEDS = (0, 1, 2, 3, 4)
CALIBRATION_EXAMPLES = 256
MOST_AUC_LOST_IN_INT8 = 0.002


class Trained(NamedTuple):
    """A model of one seed, the transformed test split, and its labels."""

    task: Tabular
    models: Sequence[keras.Model]
    features: dict[str, tf.Tensor]
    train_features: dict[str, tf.Tensor]
    labels: np.ndarray
    splits: Mapping[str, Examples]


@functools.cache
def trained() -> Trained:
    """The config's network, trained from each seed; once in a process."""
    config = load_config(CONFIG)
    task = load_task(config)
    assert isinstance(task, Tabular)
    splits = {split: read_examples(task, split) for split in SPLITS}
    with tempfile.TemporaryDirectory() as name:
        transform = FittedTransform(task, splits["train"], Path(name) / "transform")
        models = []
        for seed in SEEDS:
            fitted = {split: splits[split] for split in ("train", "eval")}
            model, loss = train(task, config.train, transform=transform, splits=fitted, seed=seed)
            features = transform.apply(splits["eval"])
            auc = roc_auc_score(labels(splits["eval"]), predict(task, model, features))
            print(f"taxi, seed {seed}: eval loss {loss:.4f}, eval AUC {auc:.4f}", flush=True)
            models.append(model)
        sample = transform.apply(splits["train"][:CALIBRATION_EXAMPLES])
        return Trained(task, models, transform.apply(splits["test"]), sample, labels(splits["test"]), splits)


def against_scikit_learn() -> Sequence[Figure]:
    """AUC on the test split."""
    found = trained()
    ours = [roc_auc_score(found.labels, predict(found.task, model, found.features)) for model in found.models]
    columns = found.task.columns
    numbers, categories = [*columns.numeric], [*columns.categorical]
    frames = {split: _frame(examples, numbers, categories) for split, examples in found.splits.items()}
    known, target = frames["train"], labels(found.splits["train"])
    trees = [
        HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=seed).fit(known, target)
        for seed in SEEDS
    ]
    boosted = [roc_auc_score(found.labels, tree.predict_proba(frames["test"])[:, 1]) for tree in trees]
    regression = make_pipeline(
        make_column_transformer(
            (make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), numbers),
            (OneHotEncoder(handle_unknown="ignore"), categories),
        ),
        LogisticRegression(max_iter=1000),
    ).fit(known, target)
    linear = float(roc_auc_score(found.labels, regression.predict_proba(frames["test"])[:, 1]))
    print(f"taxi, test AUC: ours {ours}, boosted trees {boosted}, logistic regression {linear}", flush=True)
    best = max(statistics.mean(boosted), linear)
    return [
        Figure("taxi: test AUC, mean of 5 seeds", statistics.mean(ours), best - 0.005, ">="),
        Figure("taxi: test AUC of the worst seed", min(ours), linear, ">="),
    ]


def int8_against_float() -> Sequence[Figure]:
    """AUC on the test split of TFLite files: what 8 bits lose, in the mean of the seeds."""
    found = trained()
    inputs = {name: value.numpy() for name, value in found.task.model_inputs(found.features).items()}
    sample = {name: value.numpy() for name, value in found.task.model_inputs(found.train_features).items()}
    lost = []
    for model in found.models:
        with tempfile.TemporaryDirectory() as name:
            exported = found.task.exported_model(model)
            paths = convert_model("taxi", exported, "float32", "int8", sample=sample, directory=Path(name))
            auc = {}
            for precision in ("float32", "int8"):
                logits = TFLiteModel(paths[f"taxi_{precision}"]).predict(inputs)["logits"]
                auc[precision] = roc_auc_score(found.labels, logits[:, 1] - logits[:, 0])
        lost.append(auc["float32"] - auc["int8"])
    print(f"taxi, AUC lost in int8: {lost}", flush=True)
    return [Figure("taxi: test AUC lost in int8, mean of 5 seeds", statistics.mean(lost), MOST_AUC_LOST_IN_INT8, "<=")]


def _frame(examples: Examples, numbers: Sequence[str], categories: Sequence[str]) -> pd.DataFrame:
    frame = pd.DataFrame(columns_of(examples, [*numbers, *categories]), columns=[*numbers, *categories])
    frame[numbers] = frame[numbers].astype(float)
    for name in categories:
        frame[name] = frame[name].map(lambda value: b"" if value is None else value).astype("category")
    return frame
