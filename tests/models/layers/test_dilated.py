import keras
import numpy as np
import pytest

from models.layers.convolution import Style
from models.layers.dilated import dilated_block, dilated_pyramid

RNG = np.random.default_rng(0)
STYLE = Style()
# What a normalization with its first statistics divides by.
DIVISOR = np.sqrt(1 + 1e-3)


def _model(block, shape: tuple[int, ...] = (6, 7, 4)) -> keras.Model:
    image = keras.Input(shape)
    return keras.Model(image, block(image))


def _layers(model: keras.Model, kind: type) -> list:
    return [layer for layer in model.layers if isinstance(layer, kind)]


def _dilated(x: np.ndarray, kernel: np.ndarray, rate: int) -> np.ndarray:
    """3x3, `same` padding; x `[height, width, channel]`: each tap weighs the image shifted by its distance."""
    height, width, _ = x.shape
    padded = np.pad(x, ((rate, rate), (rate, rate), (0, 0)))
    y = np.zeros((height, width, kernel.shape[-1]))
    for i in range(3):
        for j in range(3):
            y += padded[i * rate : i * rate + height, j * rate : j * rate + width] @ kernel[i, j]
    return y


def test_a_block_against_numpy():
    model = _model(lambda x: dilated_block(x, STYLE, filters=4, dilation=2))
    last = _layers(model, keras.layers.BatchNormalization)[-1]
    last.gamma.assign(np.ones(4))
    first, second = (layer.kernel.numpy() for layer in _layers(model, keras.layers.Conv2D))
    x = RNG.normal(size=(6, 7, 4)).astype(np.float32)
    y = np.maximum(_dilated(x, first, 2) / DIVISOR, 0)
    y = np.maximum(_dilated(y, second, 2) / DIVISOR + x, 0)
    np.testing.assert_allclose(model(x[None])[0], y, atol=1e-4)


def test_a_block_starts_as_its_shortcut():
    x = RNG.normal(size=(2, 6, 7, 4)).astype(np.float32)
    same = _model(lambda y: dilated_block(y, STYLE, filters=4, dilation=3))
    np.testing.assert_allclose(same(x), np.maximum(x, 0), atol=1e-6)
    projected = _model(lambda y: dilated_block(y, STYLE, filters=5, dilation=3))
    shortcut = next(layer for layer in _layers(projected, keras.layers.Conv2D) if layer.kernel_size == (1, 1))
    np.testing.assert_allclose(projected(x), np.maximum(x @ shortcut.kernel.numpy()[0, 0] / DIVISOR, 0), atol=1e-5)


def test_a_block_s_branch_is_dropped_for_whole_examples_in_training_only():
    model = _model(lambda y: dilated_block(y, STYLE, filters=4, dilation=2, drop_rate=0.5))
    # The branch adds one everywhere; those kept twice as much.
    _layers(model, keras.layers.BatchNormalization)[-1].beta.assign(np.ones(4))
    x = np.zeros((64, 6, 7, 4), np.float32)
    assert np.unique(model(x)).tolist() == [1]
    y = model(x, training=True).numpy().reshape(64, -1)
    assert (y.min(axis=1) == y.max(axis=1)).all()
    assert np.unique(y).tolist() == [0, 2]


def test_a_pyramid_against_numpy():
    model = _model(lambda x: dilated_pyramid(x, STYLE, filters=2, rates=(2, 3)))
    kernels = {}
    for layer in _layers(model, keras.layers.Conv2D):
        sees_the_mean = layer.input.shape[1:3] == (1, 1)
        kernels[layer.kernel.shape[0], layer.dilation_rate[0], layer.kernel.shape[2], sees_the_mean] = layer.kernel
    x = RNG.normal(size=(6, 7, 4)).astype(np.float32)
    seen = [
        x @ kernels[1, 1, 4, False].numpy()[0, 0],
        _dilated(x, kernels[3, 2, 4, False].numpy(), 2),
        _dilated(x, kernels[3, 3, 4, False].numpy(), 3),
        np.broadcast_to(x.mean(axis=(0, 1)) @ kernels[1, 1, 4, True].numpy()[0, 0], (6, 7, 2)),
    ]
    joined = np.maximum(np.concatenate(seen, axis=-1) / DIVISOR, 0)
    expected = np.maximum(joined @ kernels[1, 1, 8, False].numpy()[0, 0] / DIVISOR, 0)
    np.testing.assert_allclose(model(x[None])[0], expected, atol=1e-4)


@pytest.mark.parametrize("filters", [4, 5])
def test_a_block_survives_saving(filters, tmp_path):
    model = _model(lambda y: dilated_block(y, STYLE, filters=filters, dilation=2, drop_rate=0.1))
    model.save(tmp_path / "model.keras")
    x = RNG.normal(size=(2, 6, 7, 4)).astype(np.float32)
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(x), model(x))


def test_a_block_computes_in_the_policy_s_type():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = _model(lambda y: dilated_block(y, STYLE, filters=5, dilation=2))
    finally:
        keras.config.set_dtype_policy(before)
    assert model(np.zeros((2, 6, 7, 4), np.float32), training=True).dtype == "bfloat16"
    assert {variable.dtype for variable in model.variables} == {"float32"}
