"""Bottleneck and preactivation with a projected shortcut; test_blocks has the basic block and what all have."""

import keras
import numpy as np

from models.layers.residual import residual_block

RNG = np.random.default_rng(0)


def _model(**options) -> keras.Model:
    image = keras.Input((6, 6, 4))
    model = keras.Model(image, residual_block(image, filters=8, strides=2, **options))
    for weight in model.weights:
        is_positive = "variance" in weight.path or "gamma" in weight.path
        weight.assign(RNG.uniform(0.5 if is_positive else -0.5, 1.5 if is_positive else 0.5, weight.shape))
    return model


def _x() -> np.ndarray:
    return RNG.normal(size=(2, 6, 6, 4)).astype(np.float32)


def _layer(model: keras.Model, kind: type, fits) -> keras.layers.Layer:
    (layer,) = (layer for layer in model.layers if isinstance(layer, kind) and fits(layer))
    return layer


def _normalize(model: keras.Model, x: np.ndarray, tensor: keras.KerasTensor) -> np.ndarray:
    """As the normalization that takes `tensor`."""
    layer = _layer(model, keras.layers.BatchNormalization, lambda layer: layer.input is tensor)
    gamma, beta, mean, variance = layer.get_weights()
    return (x - mean) / np.sqrt(variance + 1e-3) * gamma + beta


def _convolve(model: keras.Model, x: np.ndarray, shape: tuple[int, ...], strides: int = 1) -> np.ndarray:
    """As the convolution whose kernel has this shape."""
    layer = _layer(model, keras.layers.Conv2D, lambda layer: layer.kernel.shape == shape)
    return np.array(keras.ops.conv(x, layer.kernel, strides, padding="same"))


def _convolve_and_normalize(model: keras.Model, x: np.ndarray, shape: tuple[int, ...], strides: int = 1) -> np.ndarray:
    layer = _layer(model, keras.layers.Conv2D, lambda layer: layer.kernel.shape == shape)
    return _normalize(model, _convolve(model, x, shape, strides), layer.output)


def _relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def test_a_bottleneck_strides_in_its_middle_and_in_its_projection():
    model, x = _model(block="bottleneck"), _x()
    y = _relu(_convolve_and_normalize(model, x, (1, 1, 4, 2)))
    y = _relu(_convolve_and_normalize(model, y, (3, 3, 2, 2), strides=2))
    y = _convolve_and_normalize(model, y, (1, 1, 2, 8))
    y = _relu(y + _convolve_and_normalize(model, x, (1, 1, 4, 8), strides=2))
    np.testing.assert_allclose(model(x), y, atol=1e-4)


def test_a_preactivation_block_projects_the_activated_input():
    model, x = _model(block="preactivation"), _x()
    activated = _relu(_normalize(model, x, model.inputs[0]))
    y = _relu(_convolve_and_normalize(model, activated, (3, 3, 4, 8), strides=2))
    y = _convolve(model, y, (3, 3, 8, 8)) + _convolve(model, activated, (1, 1, 4, 8), strides=2)
    np.testing.assert_allclose(model(x), y, atol=1e-4)


def test_dropped_examples_are_their_shortcut_in_training():
    image = keras.Input((6, 6, 4))
    model = keras.Model(image, residual_block(image, filters=4, drop_rate=0.5))
    # The branch adds one everywhere; those kept twice as much.
    [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)][-1].beta.assign(np.ones(4))
    x = np.zeros((64, 6, 6, 4), np.float32)
    assert np.unique(model(x)).tolist() == [1]
    y = model(x, training=True).numpy().reshape(64, -1)
    assert (y.min(axis=1) == y.max(axis=1)).all()
    assert np.unique(y).tolist() == [0, 2]
