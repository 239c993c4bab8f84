"""The model that `benchmarks.serving` serves, pushed twice, and the second time with another answer."""

from pathlib import Path

import numpy as np

from serving.registry import Registry

NAME = "dense"
FEATURES = 64
WIDTH = 1024
LAYERS = 8


def push_two(registry: Registry, directory: Path) -> None:
    """Pushes version 1 and then version 2, whose answers differ in sign: each says which version gave it."""
    for sign in (1.0, -1.0):
        model = _save(directory / f"sign{sign:g}", sign)
        registry.push(NAME, push_key=f"{sign:g}", saved_model=model, stage="production")


def row() -> np.ndarray:
    """One row, `[1, feature]`."""
    return np.random.default_rng(0).uniform(0.1, 1, (1, FEATURES)).astype(np.float32)


def _save(directory: Path, sign: float) -> Path:
    """A network of dense layers: for a row as for a batch, the time is that of reading 29 MB of kernels."""
    import tensorflow as tf

    rng = np.random.default_rng(0)
    module = tf.Module()
    rows = [FEATURES, *[WIDTH] * (LAYERS - 1)]
    module.kernels = [tf.Variable(np.abs(rng.normal(size=(size, WIDTH))).astype(np.float32) / size) for size in rows]

    @tf.function(input_signature=[tf.TensorSpec([None, FEATURES], tf.float32, name="x")])
    def predict(x: tf.Tensor) -> dict[str, tf.Tensor]:
        for kernel in module.kernels:
            x = tf.nn.relu(tf.matmul(x, kernel))
        return {"y": sign * tf.reduce_mean(x, axis=1, keepdims=True)}

    module.predict = predict
    tf.saved_model.save(module, str(directory), signatures={"serving_default": predict})
    return directory
