import keras
import numpy as np
import pytest

from models.forecasters.quantiles import OrderedQuantiles
from models.forecasters.scaling import ReversibleInstanceNorm, Standardization

RNG = np.random.default_rng(0)
X = RNG.normal(5, 3, size=(4, 50, 2)).astype("float32")


def test_a_window_loses_its_mean_and_deviation():
    normalized, mean, deviation = ReversibleInstanceNorm()(X)
    np.testing.assert_allclose(np.mean(normalized, axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(np.std(normalized, axis=1), 1, atol=1e-4)
    np.testing.assert_allclose(mean[:, 0], X.mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(deviation[:, 0], X.std(axis=1), rtol=1e-4)


@pytest.mark.parametrize("is_affine", [False, True])
def test_what_was_normalized_is_restored(is_affine):
    norm = ReversibleInstanceNorm(is_affine=is_affine)
    normalized, mean, deviation = norm(X)
    if is_affine:
        norm.factor.assign([2.0, 0.5])
        norm.offset.assign([1.0, -1.0])
        normalized, mean, deviation = norm(X)
    restored = norm(np.asarray(normalized)[..., None], mean, deviation)
    np.testing.assert_allclose(restored[..., 0], X, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(norm(X, mean, deviation, is_future=True), normalized, rtol=1e-5)


def test_standardization_is_set_and_undone():
    layer = Standardization()
    layer(X)
    layer.set(location=np.array([5.0, 4.0]), scale=np.array([3.0, 2.0]))
    scaled = np.asarray(layer(X))
    np.testing.assert_allclose(scaled, (X - [5, 4]) / [3, 2], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(layer(scaled[..., None], is_inverse=True)[..., 0], X, rtol=1e-5, atol=1e-5)
    assert layer.trainable_weights == []


def test_standardization_keeps_its_precision_under_any_policy():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        layer = Standardization()
        layer.build((None, 3, 1))
        layer.set(location=np.array([350.0]), scale=np.array([1.0]))
        scaled = layer(np.full((1, 3, 1), 350.1, np.float32))
    finally:
        keras.config.set_dtype_policy(before)
    np.testing.assert_allclose(scaled, 0.1, atol=1e-4)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_quantiles_do_not_cross_and_the_middle_one_is_kept(count):
    raw = RNG.normal(0, 10, size=(7, count)).astype("float32")
    ordered = np.asarray(OrderedQuantiles()(raw))
    assert (np.diff(ordered, axis=-1) >= 0).all()
    np.testing.assert_array_equal(ordered[:, count // 2], raw[:, count // 2])
