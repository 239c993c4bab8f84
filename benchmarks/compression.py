"""What compression saves and costs, on the files that ship: a residual network with SE gates and a MobileNet.

Needs the official IDX files in $SLIPWAY_DATA_DIR/fashion_mnist. `benchmarks.compression_models` makes the models, for
hours on two cores where none is there; the same command goes on where the last one was ended. Recipes were chosen by
the held-out train images; the test images are read here, once all models are made.
"""

import gzip
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from benchmarks import compression_models as models
from benchmarks import fashion_mnist_training as fashion_mnist
from benchmarks.converted_files import convert_model, median_latencies
from benchmarks.figures import Figure, main
from models.graph.folding import fold
from serving.tflite import TFLiteModel

BATCH_SIZES = (1, 32)
ROUNDS = 300
JUDGED_BATCH = 500


class Files:
    """The converted files of one network."""

    def __init__(self, network: str, directory: Path) -> None:
        self._images, self._labels = fashion_mnist.images("test")
        sample = {"image": fashion_mnist.images("train")[0][: models.CALIBRATION_EXAMPLES]}
        base, half = fold(models.base(network)), fold(models.half(network))
        place: dict[str, Any] = {"sample": sample, "directory": directory}
        self.paths = {
            **convert_model("base", base, "float32", "int8", **place),
            **convert_model("qat", models.qat(network), "int8", quantization_aware=True, **place),
            **convert_model("sparse", fold(models.sparse(network)), "float32", **place),
            **convert_model("sparse_qat", models.sparse_qat(network), "int8", quantization_aware=True, **place),
            **convert_model("half", half, "float32", "int8", **place),
        }
        self.accuracies = {name: self.accuracy(path) for name, path in self.paths.items()}
        self.latencies = {
            size: median_latencies(self.paths, {"image": self._images[:size]}, rounds=ROUNDS) for size in BATCH_SIZES
        }

    def drop(self, name: str) -> float:
        """Of test accuracy, against the dense float32 file."""
        return self.accuracies["base_float32"] - self.accuracies[name]

    def smaller(self, name: str, *, compressed: bool) -> float:
        """How many times smaller a file is than the dense float32 one."""

        def size(which: str) -> int:
            content = self.paths[which].read_bytes()
            return len(gzip.compress(content)) if compressed else len(content)

        return size("base_float32") / size(name)

    def faster(self, name: str, batch_size: int) -> float:
        """How many times faster it is, by the median of one thread's calls."""
        return self.latencies[batch_size]["base_float32"] / self.latencies[batch_size][name]

    def accuracy(self, path: Path) -> float:
        """On the test images, by the file itself."""
        file = TFLiteModel(path, num_threads=2)
        starts = range(0, len(self._images), JUDGED_BATCH)
        logits = [file.predict({"image": self._images[start : start + JUDGED_BATCH]})["logits"] for start in starts]
        return float(np.mean(np.argmax(np.concatenate(logits), axis=-1) == self._labels))


def network_figures(network: str, files: Files) -> Iterator[Figure]:
    """The figures of one network."""
    yield Figure(f"{network}: int8, times smaller", files.smaller("base_int8", compressed=False), 3.7, ">=")
    for size in BATCH_SIZES:
        yield Figure(f"{network}: int8, times faster at batch {size}", files.faster("base_int8", size), 3.0, ">=")
    yield Figure(f"{network}: int8 after training, drop of accuracy", files.drop("base_int8"), 0.005, "<=")
    yield Figure(f"{network}: int8 by quantization-aware training, drop", files.drop("qat_int8"), 0.001, "<=")
    yield Figure(f"{network}: 80 % sparse, drop", files.drop("sparse_float32"), 0.005, "<=")
    yield Figure(
        f"{network}: 80 % sparse, times smaller by gzip", files.smaller("sparse_float32", compressed=True), 3.5, ">="
    )
    yield Figure(f"{network}: 80 % sparse and int8, drop", files.drop("sparse_qat_int8"), 0.01, "<=")
    yield Figure(
        f"{network}: 80 % sparse and int8, times smaller by gzip",
        files.smaller("sparse_qat_int8", compressed=True),
        13.0,
        ">=",
    )
    yield Figure(f"{network}: half the channels, drop", files.drop("half_float32"), 0.01, "<=")
    yield Figure(f"{network}: half the channels and int8, drop", files.drop("half_int8"), 0.01, "<=")
    for size in BATCH_SIZES:
        yield Figure(
            f"{network}: half the channels, times faster at batch {size}", files.faster("half_float32", size), 3.0, ">="
        )
        yield Figure(
            f"{network}: half the channels and int8, times faster at batch {size}",
            files.faster("half_int8", size),
            8.0,
            ">=",
        )


def student_gains() -> list[float]:
    """By how much a taught student's test accuracy is above that of one trained alone, by seed."""
    images, labels = fashion_mnist.images("test")

    def accuracy(model: keras.Model) -> float:
        predicted = model.predict({"image": images}, batch_size=JUDGED_BATCH, verbose=0)["logits"]
        return float(np.mean(np.argmax(predicted, axis=-1) == labels))

    return [
        accuracy(models.student(seed, taught=True)) - accuracy(models.student(seed, taught=False))
        for seed in models.SEEDS
    ]


def measure() -> Sequence[Figure]:
    """Makes the models that are not made yet, then looks at the test images."""
    models.make_all()
    figures: list[Figure] = []
    for network in models.NETWORKS:
        with tempfile.TemporaryDirectory() as directory:
            files = Files(network, Path(directory))
            print({name: round(accuracy, 4) for name, accuracy in files.accuracies.items()}, files.latencies)
            figures += network_figures(network, files)
    gains = student_gains()
    figures.append(Figure("student taught over alone, mean gain of 3 seeds", statistics.mean(gains), 0.0, ">="))
    figures.append(Figure("student taught over alone, the worst seed's gain", min(gains), 0.0, ">="))
    return figures


if __name__ == "__main__":
    main("compression", measure, seed=fashion_mnist.SEED)
