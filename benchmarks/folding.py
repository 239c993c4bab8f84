"""What folding normalizations and scales into kernels saves at inference, and that it changes nothing.

The networks' weights and statistics are drawn at random: speed does not depend on them, and a difference would show.
"""

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from benchmarks.figures import Figure, main
from compression.conversion.convert import convert, export_for_conversion
from models.classifiers.mobilenet import mobilenet_v2
from models.classifiers.resnet import resnet
from models.graph.folding import fold
from serving.latency import measure_latency
from serving.latency_histogram import LatencyHistogram
from serving.tflite import TFLiteModel

SEED = 0
SHAPE = (28, 28, 1)
# A call of a TFLite file takes some 50 microseconds: enough of them that the medians of equal graphs agree.
ROUNDS = 3000


def networks() -> dict[str, keras.Model]:
    """A residual and a separable one, with weights as after a training."""
    keras.utils.set_random_seed(SEED)
    models = {
        "SE-ResNet": resnet(
            image_shape=SHAPE, num_classes=10, widths=(16, 32, 64), blocks_per_stage=(1, 3, 3), se_ratio=8
        ),
        "MobileNetV2": mobilenet_v2(image_shape=SHAPE, num_classes=10, width=0.5, shrinks=4),
    }
    rng = np.random.default_rng(SEED)
    for model in models.values():
        for variable in model.variables:
            if variable.path.endswith(("gamma", "moving_variance")):
                variable.assign(rng.uniform(0.5, 1.5, variable.shape))
    return models


def measure() -> Sequence[Figure]:
    """Both forms of each network, in turn."""
    image = np.random.default_rng(SEED).random((1, *SHAPE)).astype(np.float32)
    figures = []
    for name, model in networks().items():
        forms = {"unfolded": model, "folded": fold(model)}
        outputs = {form: made({"image": image})["logits"].numpy() for form, made in forms.items()}
        difference = np.abs(outputs["folded"] - outputs["unfolded"]).max() / np.abs(outputs["unfolded"]).max()
        feed = {"image": tf.constant(image)}
        served = measure_latency(
            {form: partial(tf.function(made), feed) for form, made in forms.items()}, rounds=ROUNDS
        )
        with tempfile.TemporaryDirectory() as directory:
            files = {}
            for form, made in forms.items():
                export_for_conversion(made, Path(directory) / form)
                files[form] = Path(directory) / f"{form}.tflite"
                convert(Path(directory) / form, {"float32": files[form]})
            lite = measure_latency(
                {form: TFLiteModel(path).prepare({"image": image}) for form, path in files.items()}, rounds=ROUNDS
            )
            sizes = {form: path.stat().st_size for form, path in files.items()}
        parameters = {form: made.count_params() for form, made in forms.items()}
        figures += [
            Figure(f"{name}: largest difference, relative", float(difference), 1e-5, "<="),
            Figure(f"{name}: layers left, share", len(forms["folded"].layers) / len(model.layers), 1.0, "<="),
            Figure(f"{name}: parameters left, share", parameters["folded"] / parameters["unfolded"], 1.0, "<="),
            Figure(f"{name}: batch-1 latency in TensorFlow, share", _share(served), 1.0, "<="),
            Figure(f"{name}: batch-1 latency in TFLite, share", _share(lite), 1.02, "<="),
            Figure(f"{name}: bytes of the TFLite file, share", sizes["folded"] / sizes["unfolded"], 1.0, "<="),
        ]
    return figures


def _share(latency: dict[str, LatencyHistogram]) -> float:
    return latency["folded"].p50_ms / latency["unfolded"].p50_ms


if __name__ == "__main__":
    main("folding", measure, seed=SEED)
