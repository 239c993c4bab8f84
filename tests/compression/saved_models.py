"""Small models to convert."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from models.layers.squeeze_excitation import squeeze_excite


def cnn() -> keras.Model:
    """Batch normalization, a squeeze-and-excitation gate, a dense head; no batch size in a constant."""
    keras.utils.set_random_seed(7)
    image = keras.Input((16, 16, 1), name="image")
    x = keras.layers.Conv2D(8, 3, padding="same", use_bias=False)(image)
    x = keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
    x = keras.layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(x)
    x = squeeze_excite(x, ratio=4)
    x = keras.layers.Dense(64, activation="relu")(keras.ops.reshape(x, (-1, 8 * 8 * 16)))
    return keras.Model({"image": image}, {"logits": keras.layers.Dense(10)(x)})


def dense(kernel: np.ndarray) -> keras.Model:
    """x: [batch, in] to y: [batch, out], by `kernel` of [in, out]."""
    x = keras.Input((kernel.shape[0],), name="x")
    model = keras.Model({"x": x}, {"y": keras.layers.Dense(kernel.shape[1], use_bias=False, name="head")(x)})
    model.set_weights([kernel])
    return model


def save(directory: Path, signature: str, function: Callable[..., dict[str, tf.Tensor]], *specs: tf.TensorSpec) -> Path:
    """A SavedModel without Keras: `function` of keyword arguments named as the specs."""
    module = tf.Module()
    module.function = tf.function(function)
    concrete = module.function.get_concrete_function(**{spec.name: spec for spec in specs})
    tf.saved_model.save(module, str(directory), signatures={signature: concrete})
    return directory
