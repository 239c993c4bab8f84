"""The trainings that `benchmarks.training_loop` measures, by the loop and by `model.fit`; each also as a process.

`python -m benchmarks.training_cases CASE loop|fit EPOCHS [CHECKPOINTS OUT KILL_AT]` prints the number of each step,
then the peak memory.
"""

import functools
import gzip
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import sklearn.datasets
import tensorflow as tf

from models.classifiers.resnet import resnet
from training import CheckpointStore, Hook, Loop, SupervisedObjective
from training.losses import CrossEntropy
from training.optimizers import optimizer
from training.options import OptimizerOptions, ScheduleOptions, StepOptions
from training.schedules import schedule

NUM_CLASSES = 10
SEED = 0


@dataclass(frozen=True)
class Case:
    """So many examples, over and over, and the model of them; an epoch is `steps` batches and an evaluation."""

    model: Callable[[], keras.Model]
    images: Callable[[], tuple[np.ndarray, np.ndarray]]
    examples: int
    steps: int
    batch_size: int = 64


def _digits() -> tuple[np.ndarray, np.ndarray]:
    digits = sklearn.datasets.load_digits()
    return (digits.images[..., None] / 16).astype(np.float32), digits.target


def _fashion_mnist() -> tuple[np.ndarray, np.ndarray]:
    """The official files in $SLIPWAY_DATA_DIR/fashion_mnist."""
    folder = Path(os.environ["SLIPWAY_DATA_DIR"]) / "fashion_mnist"
    images = np.frombuffer(gzip.decompress((folder / "train-images-idx3-ubyte.gz").read_bytes()), np.uint8, offset=16)
    labels = np.frombuffer(gzip.decompress((folder / "train-labels-idx1-ubyte.gz").read_bytes()), np.uint8, offset=8)
    return images.reshape(-1, 28, 28, 1).astype(np.float32) / 255, labels.astype(np.int64)


def _small_cnn() -> keras.Model:
    """Two convolutions: a step in which what a loop adds is more than what the model takes."""
    image = keras.Input((8, 8, 1), name="image")
    x = keras.layers.Conv2D(16, 3, activation="relu", padding="same")(image)
    x = keras.layers.Conv2D(32, 3, strides=2, activation="relu", padding="same")(x)
    x = keras.layers.Dense(32, activation="relu")(keras.layers.Flatten()(x))
    return keras.Model({"image": image}, {"logits": keras.layers.Dense(NUM_CLASSES, name="logits")(x)})


def _resnet(**shape: Any) -> Callable[[], keras.Model]:
    return functools.partial(resnet, num_classes=NUM_CLASSES, se_ratio=4, dropout=0.1, **shape)


CASES = {
    # The shipped digits pipeline's model and batch size, 99,672 parameters.
    "digits": Case(
        _resnet(image_shape=(8, 8, 1), widths=(24, 48), blocks_per_stage=2), _digits, examples=1280, steps=200
    ),
    "small_cnn": Case(_small_cnn, _digits, examples=1280, steps=400, batch_size=32),
    "fashion_mnist": Case(
        _resnet(image_shape=(28, 28, 1), widths=(16, 32, 64), blocks_per_stage=1),
        _fashion_mnist,
        examples=6400,
        steps=100,
    ),
}


class Bench:
    """One case's model and data, and the two ways to train it; calling a way trains so many epochs more."""

    def __init__(self, name: str, *, total_epochs: int = 200) -> None:
        self.case = CASES[name]
        images, labels = self.case.images()
        batch_size, count = self.case.batch_size, self.case.examples
        held_out = slice(count, count + 256)
        self.train = (
            tf.data.Dataset.from_tensor_slices(({"image": images[:count]}, labels[:count]))
            .cache()
            .shuffle(count, seed=SEED)
            .repeat()
            .batch(batch_size, drop_remainder=True)
            .prefetch(tf.data.AUTOTUNE)
        )
        self.sample = {"image": images[held_out]}, labels[held_out]
        self.evaluation = tf.data.Dataset.from_tensor_slices(self.sample).batch(batch_size).cache()
        self.schedule = schedule(
            ScheduleOptions(), peak=0.004, steps_per_epoch=self.case.steps, total_steps=total_epochs * self.case.steps
        )

    def model(self) -> keras.Model:
        keras.utils.set_random_seed(SEED)
        return self.case.model()

    def fit(self, steps_per_execution: int) -> Callable[[int], None]:
        """Keras's own loop; without XLA, which is slower here and which `auto` would choose."""
        model = self.model()
        adam = keras.optimizers.AdamW(self.schedule, weight_decay=0.01)
        adam.exclude_from_weight_decay(var_list=[v for v in model.trainable_variables if len(v.shape) < 2])
        model.compile(
            optimizer=adam,
            loss={"logits": keras.losses.SparseCategoricalCrossentropy(from_logits=True)},
            metrics={"logits": ["accuracy"]},
            steps_per_execution=steps_per_execution,
            jit_compile=False,
        )

        def run(epochs: int) -> None:
            model.fit(
                self.train,
                epochs=epochs,
                steps_per_epoch=self.case.steps,
                validation_data=self.evaluation,
                verbose=0,
            )

        return run

    def loop(self, steps_per_execution: int, **options: Any) -> Loop:
        """The loop on a new model."""
        cross_entropy = CrossEntropy()

        def accuracy(label: tf.Tensor, outputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
            return tf.cast(tf.argmax(outputs["logits"], axis=-1) == tf.cast(label, tf.int64), tf.float32)

        return Loop(
            model=self.model(),
            objective=SupervisedObjective(
                loss=lambda label, outputs: cross_entropy(label, outputs["logits"]), metrics={"accuracy": accuracy}
            ),
            optimizer=optimizer(OptimizerOptions(weight_decay=0.01)),
            schedule=self.schedule,
            step=StepOptions(steps_per_execution=steps_per_execution),
            **options,
        )

    def run_loop(self, loop: Loop, epochs: int) -> None:
        """Trains, and evaluates after each epoch."""
        for _ in loop.epochs(
            train=self.train, evaluation=self.evaluation, epochs=epochs, steps_per_epoch=self.case.steps
        ):
            pass


class _Tell(Hook):
    """Prints steps; kills the process at one."""

    def __init__(self, kill_at: int) -> None:
        self._kill_at = kill_at

    def on_steps(self, record: Any) -> None:
        print(record.step, flush=True)
        if record.step >= self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


def main(name: str, way: str, epochs: str, arguments: Sequence[str]) -> None:
    """One training in this process."""
    bench = Bench(name, total_epochs=int(epochs) + 2)
    if way == "fit":
        bench.fit(bench.case.steps)(int(epochs))
    else:
        directory, out, kill_at = arguments or ("", "", "1000000000")
        loop = bench.loop(
            bench.case.steps if not directory else 10,
            hooks=[_Tell(int(kill_at))] if directory else (),
            checkpoints=CheckpointStore(directory) if directory else None,
            checkpoint_every_secs=2.0,
        )
        bench.run_loop(loop, int(epochs))
        if out:
            np.savez(out, *loop.model.get_weights())
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
