"""What int8 saves on networks as they were published, beside the small ones of `benchmarks.compression`.

The bars there come of figures of networks ten times as large, to which these compare like for like. Size and speed do
not depend on what a network has learned: weights are drawn and images are noise, so that nothing is said of accuracy.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from benchmarks import fashion_mnist_training as fashion_mnist
from benchmarks.converted_files import convert_model, median_latencies
from benchmarks.figures import Figure, main
from models.classifiers.options import MobileNetV2Options
from models.classifiers.resnet_options import ResNetOptions
from models.graph.folding import fold

SEED = 0
IMAGENET: dict[str, Any] = {"image_shape": (224, 224, 3), "num_classes": 1000}
CALIBRATION_EXAMPLES = 16
# Rounds by batch size: a batch of 32 of a large network takes seconds.
ROUNDS = {1: 100, 32: 15}


@dataclass(frozen=True)
class Case:
    """A network, and the parameters that it was published with; None where it was not."""

    build: Callable[[], keras.Model]
    parameters: int | None = None


CASES = {
    # As torchvision counts them, without running statistics.
    "MobileNetV2 at 224": Case(lambda: MobileNetV2Options(kind="mobilenet_v2").build(**IMAGENET), 3_504_872),
    "ResNet-18 at 224": Case(lambda: ResNetOptions(depth=18, se_ratio=None).build(**IMAGENET), 11_689_512),
    "mobilenet at 28": Case(fashion_mnist.CASES["mobilenet"].build),
    "small at 28": Case(fashion_mnist.CASES["small"].build),
}


def figures(name: str, case: Case) -> Iterator[Figure]:
    """Of one network."""
    keras.utils.set_random_seed(SEED)
    model = case.build()
    images = np.random.default_rng(SEED).random((max(ROUNDS), *model.inputs[0].shape[1:]), np.float32)
    _normalize(model, images)
    if case.parameters is not None:
        weights = sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)
        yield Figure(f"{name}: trained parameters over the published network's", weights / case.parameters, 1.01, "<=")
    with tempfile.TemporaryDirectory() as directory:
        sample = {"image": images[:CALIBRATION_EXAMPLES]}
        paths = convert_model("file", fold(model), "float32", "int8", sample=sample, directory=Path(directory))
        sizes = {precision: paths[f"file_{precision}"].stat().st_size for precision in ("float32", "int8")}
        yield Figure(f"{name}: int8, times smaller", sizes["float32"] / sizes["int8"], 3.7, ">=")
        for size, rounds in ROUNDS.items():
            latencies = median_latencies(paths, {"image": images[:size]}, rounds=rounds)
            print(name, sizes, size, latencies, flush=True)
            faster = latencies["file_float32"] / latencies["file_int8"]
            yield Figure(f"{name}: int8, times faster at batch {size}", faster, 3.0, ">=")


def _normalize(model: keras.Model, images: np.ndarray) -> None:
    """Gives normalizations the statistics of what they see, and the last one of a branch, which starts at zero, its
    share, as training does: int8 has nothing to be calibrated by where units are dead."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
            if layer.scale:
                layer.gamma.assign(np.ones(layer.gamma.shape, np.float32))
    model({"image": images}, training=True)


def measure() -> Sequence[Figure]:
    """All networks, the large ones first."""
    return [figure for name, case in CASES.items() for figure in figures(name, case)]


if __name__ == "__main__":
    main("full_size", measure, seed=SEED)
