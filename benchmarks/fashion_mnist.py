"""Accuracy on Fashion-MNIST at two sizes, what full-int8 costs, and the time of an epoch.

Needs the official IDX files in $SLIPWAY_DATA_DIR/fashion_mnist. Trains for hours on two cores, from one checkpoint to
the next: the same command goes on where the last one was ended. What it leaves lies in `output/benchmarks`.

The last 5,000 train images are held out for validation; the test images are read once both networks are trained.
"""

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from benchmarks import fashion_mnist_training as training
from benchmarks.figures import Figure, main
from compression.conversion.convert import convert, export_for_conversion
from serving.tflite import TFLiteModel

CALIBRATION_EXAMPLES = 512
# Of each network: the most parameters, the least test accuracy.
BARS = {"small": (300_000, 0.940), "large": (800_000, 0.954)}
# Rounds of one epoch by each loop, in turn.
ROUNDS = 3


def accuracy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Share of the rows whose largest logit is the label's."""
    return float(np.mean(np.argmax(logits, axis=-1) == labels))


def float_logits(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """`[image, class]`."""
    predict = tf.function(lambda batch: model({"image": batch}, training=False)["logits"])
    return np.concatenate([predict(images[start : start + 500]).numpy() for start in range(0, len(images), 500)])


def int8_logits(model: keras.Model, sample: np.ndarray, images: np.ndarray) -> np.ndarray:
    """The same of the full-int8 file, calibrated on `sample`."""
    with tempfile.TemporaryDirectory() as directory:
        saved_model, path = Path(directory) / "model", Path(directory) / "int8.tflite"
        export_for_conversion(model, saved_model)
        convert(saved_model, {"int8": path}, representative_sample={"image": sample})
        file = TFLiteModel(path, num_threads=2)
        return np.concatenate(
            [file.predict({"image": images[start : start + 500]})["logits"] for start in range(0, len(images), 500)]
        )


def epoch_ratio() -> float:
    """Median seconds of an epoch in our loop over those of `model.fit`, of the smaller network, in turn."""
    ours, theirs = training.loop_epochs("small"), training.fit_epochs("small")
    secs: dict[str, list[float]] = {"loop": [], "fit": []}
    for round_number in range(ROUNDS + 1):
        for name, epoch in (("loop", ours), ("fit", theirs)):
            start = time.perf_counter()
            epoch()
            # The first round traces.
            if round_number:
                secs[name].append(time.perf_counter() - start)
    print(f"seconds an epoch: {secs}")
    return statistics.median(secs["loop"]) / statistics.median(secs["fit"])


def measure() -> Sequence[Figure]:
    """Trains what is not trained yet, then looks at the test images."""
    models: dict[str, Any] = {name: training.load_or_train(name) for name in BARS}
    images, labels = training.images("test")
    sample = training.images("train")[0][:CALIBRATION_EXAMPLES]
    figures = []
    for name, model in models.items():
        max_parameters, min_accuracy = BARS[name]
        floating = accuracy(float_logits(model, images), labels)
        quantized = accuracy(int8_logits(model, sample, images), labels)
        trained = f"{training.CASES[name].epochs} epochs in {training.training_minutes(name):.0f} minutes"
        figures += [
            Figure(f"{name}: parameters", model.count_params(), max_parameters, "<="),
            Figure(f"{name}: test accuracy, {trained}", floating, min_accuracy, ">="),
            Figure(f"{name}: drop of test accuracy after full-int8 TFLite", floating - quantized, 0.003, "<="),
        ]
    figures.append(Figure("small: time of an epoch, loop over model.fit", epoch_ratio(), 1.0, "<="))
    return figures


if __name__ == "__main__":
    main("fashion_mnist", measure, seed=training.SEED)
