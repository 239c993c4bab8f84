"""Networks on Fashion-MNIST and their training, for the benchmarks.

`python -m benchmarks.fashion_mnist_training NAME` trains one, from its last checkpoint on.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from data.images.idx import read_idx
from models.classifiers.mobilenet import mobilenet_v2
from models.classifiers.resnet import resnet
from training import CheckpointStore, Loop, SupervisedObjective
from training.augmentation.image import ImageAugmentation
from training.losses import CrossEntropy
from training.optimizers import optimizer
from training.options import OptimizerOptions, ScheduleOptions, StepOptions
from training.schedules import schedule

NUM_CLASSES = 10
IMAGE_SHAPE = (28, 28, 1)
SEED = 0
VALIDATION = 5_000
BATCH = 128
LEARNING_RATE = 0.004
WEIGHT_DECAY = 0.05
OUTPUT = Path("output") / "benchmarks" / "fashion_mnist"
AUGMENTATION: dict[str, Any] = {"flip": "horizontal", "crop_padding": 2, "erase": 0.25}


@dataclass(frozen=True)
class Case:
    """A network and how long it is trained.

    Attributes:
      build: makes the untrained network; those of residual networks take `num_classes`.
      epochs: epochs of the training.
    """

    build: Callable[..., keras.Model]
    epochs: int


def _resnet(widths: tuple[int, ...], blocks: tuple[int, ...]) -> Callable[..., keras.Model]:
    shape: dict[str, Any] = {"widths": widths, "blocks_per_stage": blocks, "se_ratio": 8, "dropout": 0.1}
    return lambda num_classes=NUM_CLASSES: resnet(image_shape=IMAGE_SHAPE, num_classes=num_classes, **shape)


CASES = {
    "small": Case(_resnet((16, 32, 64), (1, 3, 3)), epochs=24),
    "large": Case(_resnet((32, 64, 128), (1, 3, 2)), epochs=40),
    "student": Case(_resnet((8, 16, 32), (1, 3, 3)), epochs=8),
    "mobilenet": Case(
        lambda: mobilenet_v2(image_shape=IMAGE_SHAPE, num_classes=NUM_CLASSES, width=0.35, shrinks=8, dropout=0.1),
        epochs=16,
    ),
}


def images(split: str) -> tuple[np.ndarray, np.ndarray]:
    """(`[image, 28, 28, 1]` in [0, 1], `[image]`) of "train", "validation" or "test"."""
    folder = Path(os.environ["SLIPWAY_DATA_DIR"]) / "fashion_mnist"
    prefix = "t10k" if split == "test" else "train"
    pixels = read_idx(folder / f"{prefix}-images-idx3-ubyte.gz")[..., None].astype(np.float32) / 255
    labels = read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz").astype(np.int64)
    part = {"train": slice(0, -VALIDATION), "validation": slice(-VALIDATION, None), "test": slice(None)}[split]
    return pixels[part], labels[part]


def network(name: str, precision: str, *, seed: int = SEED) -> keras.Model:
    """A new model, its weights drawn from the seed."""
    before = keras.config.dtype_policy()
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(precision)
    model = CASES[name].build()
    keras.config.set_dtype_policy(before)
    return model


def load_or_train(name: str) -> keras.Model:
    """The float32 model, trained as far as it still was to be.

    Computed in bfloat16, which is faster on CPUs that have it; what is kept and judged is float32.
    """
    history, weights = OUTPUT / f"{name}.jsonl", OUTPUT / f"{name}.npz"
    model = network(name, "float32")
    if not weights.exists():
        OUTPUT.mkdir(parents=True, exist_ok=True)
        loop, epochs = _loop(name, checkpoints=CheckpointStore(OUTPUT / name))
        for record in epochs(CASES[name].epochs):
            secs = len(images("train")[1]) / record.examples_per_sec
            row = {"epoch": record.epoch, "secs": secs, "train": record.train, "validation": record.evaluation}
            print(name, json.dumps(row), flush=True)
            with history.open("a") as stream:
                stream.write(json.dumps(row) + "\n")
        if loop.step.average is not None:
            with loop.step.average.in_place():
                np.savez(weights, *loop.model.get_weights())
    with np.load(weights) as arrays:
        model.set_weights([arrays[key] for key in arrays.files])
    return model


def training_minutes(name: str) -> float:
    """How long the epochs of a training took, over all the runs that it was spread over."""
    rows = [json.loads(line) for line in (OUTPUT / f"{name}.jsonl").read_text().splitlines()]
    return sum({row["epoch"]: row["secs"] for row in rows}.values()) / 60


def loop_epochs(name: str) -> Callable[[], None]:
    """A function that trains one epoch more by our loop, with nothing that `fit_epochs` does not do."""
    _, epochs = _loop(name, is_plain=True)
    records = epochs(1000)
    return lambda: next(records)


def fit_epochs(name: str) -> Callable[[], None]:
    """The same network, batches and optimizer in `model.fit`."""
    model = network(name, "mixed_bfloat16")
    steps = steps_per_epoch()
    adam = keras.optimizers.AdamW(_schedule(steps, CASES[name].epochs), weight_decay=WEIGHT_DECAY)
    adam.exclude_from_weight_decay(var_list=[v for v in model.trainable_variables if len(v.shape) < 2])
    model.compile(
        optimizer=adam,
        loss={"logits": keras.losses.SparseCategoricalCrossentropy(from_logits=True)},
        metrics={"logits": ["accuracy"]},
        steps_per_execution=16,
        jit_compile=False,
    )
    train, validation = batches("train"), batches("validation")

    def epoch() -> None:
        model.fit(train, epochs=1, steps_per_epoch=steps, validation_data=validation, verbose=0)

    return epoch


def _schedule(steps: int, epochs: int) -> Any:
    options = ScheduleOptions(kind="cosine", warmup_epochs=1.0)
    return schedule(options, peak=LEARNING_RATE, steps_per_epoch=steps, total_steps=epochs * steps)


def steps_per_epoch() -> int:
    """Whole batches of train images."""
    return len(images("train")[1]) // BATCH


def batches(split: str) -> tf.data.Dataset:
    """Of images and labels; those of "train" are shuffled and come without end."""
    pixels, labels = images(split)
    dataset = tf.data.Dataset.from_tensor_slices(({"image": pixels}, labels))
    if split != "train":
        return dataset.batch(500).cache()
    shuffled = dataset.shuffle(len(labels), seed=SEED, reshuffle_each_iteration=True)
    return shuffled.repeat().batch(BATCH, drop_remainder=True).prefetch(tf.data.AUTOTUNE)


def objective(*, is_plain: bool = False) -> SupervisedObjective:
    """Cross-entropy; unless plain, with augmented images and smoothed labels."""
    cross_entropy = CrossEntropy(label_smoothing=0.0 if is_plain else 0.05)
    augmentation = ImageAugmentation(num_classes=NUM_CLASSES, seed=SEED, **({} if is_plain else AUGMENTATION))
    augmentation.build((None, *IMAGE_SHAPE))

    def augment(inputs: Mapping[str, tf.Tensor], label: tf.Tensor) -> tuple[Any, Any]:
        image, label = augmentation(inputs["image"], label, training=True)
        return {"image": image}, label

    def correct(label: tf.Tensor, outputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
        return tf.cast(tf.argmax(outputs["logits"], axis=-1) == label, tf.float32)

    return SupervisedObjective(
        loss=lambda label, outputs: cross_entropy(label, outputs["logits"]),
        metrics={"accuracy": correct},
        augment=None if is_plain else augment,
        layers=() if is_plain else (augmentation,),
    )


def _loop(name: str, *, is_plain: bool = False, checkpoints: CheckpointStore | None = None) -> tuple[Loop, Any]:
    """(the loop, a function from a number of epochs to their records); plain is without augmentation and average."""
    case, steps = CASES[name], steps_per_epoch()
    loop = Loop(
        model=network(name, "mixed_bfloat16"),
        objective=objective(is_plain=is_plain),
        optimizer=optimizer(OptimizerOptions(weight_decay=WEIGHT_DECAY), learning_rate=LEARNING_RATE),
        schedule=_schedule(steps, case.epochs),
        step=StepOptions(ema=None if is_plain else 0.998),
        checkpoints=checkpoints,
    )

    def epochs(count: int) -> Any:
        return loop.epochs(
            train=batches("train"), evaluation=batches("validation"), epochs=count, steps_per_epoch=steps
        )

    return loop, epochs


if __name__ == "__main__":
    load_or_train(sys.argv[1])
