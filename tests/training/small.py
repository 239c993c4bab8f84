"""A training that takes milliseconds, with dropout, normalization and augmentation that all keep state."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from training import Hook, Loop, SupervisedObjective
from training.optimizers import optimizer
from training.options import OptimizerOptions

__all__ = ["STEPS_PER_EPOCH", "Hook", "batches", "loop", "model", "objective", "train"]

STEPS_PER_EPOCH = 5


def batches(*, size: int = 8, steps: int = STEPS_PER_EPOCH, seed: int = 0) -> tf.data.Dataset:
    """`steps` batches of (x `[batch, 4]`, y `[batch]`), y linear in x."""
    x = np.random.default_rng(seed).normal(size=(size * steps, 4)).astype(np.float32)
    return tf.data.Dataset.from_tensor_slices(({"x": x}, x @ np.arange(4, dtype=np.float32))).batch(
        size, drop_remainder=True
    )


def model(*, dropout: float = 0.0, normalized: bool = False) -> keras.Model:
    """Of y out of x, from the same weights each time."""
    keras.utils.set_random_seed(7)
    x = keras.Input((4,), name="x")
    hidden = keras.layers.Dense(6, activation="relu", name="hidden")(x)
    if normalized:
        hidden = keras.layers.BatchNormalization(name="norm")(hidden)
    hidden = keras.layers.Dropout(dropout)(hidden)
    return keras.Model({"x": x}, {"y": keras.layers.Dense(1, name="y")(hidden)})


def objective(**options: Any) -> SupervisedObjective:
    """Squared error."""
    return SupervisedObjective(
        loss=lambda y, outputs: tf.square(tf.cast(outputs["y"][:, 0], tf.float32) - y), metrics={}, **options
    )


def loop(trained: keras.Model, *, learning_rate: float = 0.01, kind: str = "sgd", **options: Any) -> Loop:
    """Of the model, under SGD without decay unless told otherwise."""
    made = optimizer(OptimizerOptions(kind=kind, weight_decay=0.0), learning_rate=learning_rate)
    return Loop(**{"model": trained, "objective": objective(), "optimizer": made, **options})


def train(trained: Loop, *, epochs: int = 2, data: Any = None, **options: Any) -> list[Any]:
    """All epochs' records."""
    return list(
        trained.epochs(
            train=data if data is not None else batches().repeat(),
            evaluation=batches(seed=1),
            epochs=epochs,
            steps_per_epoch=STEPS_PER_EPOCH,
            **options,
        )
    )
