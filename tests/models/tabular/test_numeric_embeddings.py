"""Against the equations, written anew in NumPy."""

import keras
import numpy as np
import pytest

from models.tabular.numeric_embeddings import LinearEach, PeriodicEncoding, PiecewiseLinearEncoding


def _paper(x: float, edges: list[float]) -> list[float]:
    """Equation 1 of Gorishniy et al. (2022), component by component."""
    bins = len(edges) - 1
    found = []
    for t in range(1, bins + 1):
        low, high = edges[t - 1], edges[t]
        if x < low and t > 1:
            found.append(0.0)
        elif x >= high and t < bins:
            found.append(1.0)
        else:
            found.append((x - low) / (high - low))
    return found


def test_piecewise_linear_is_the_equation_between_quantiles_and_beyond():
    layer = PiecewiseLinearEncoding(bins=4)
    layer.build((None, 1))
    # Quartiles 0, 1, 3, 6, 10.
    layer.set(np.array([[0.0], [1.0], [3.0], [6.0], [10.0]]))
    for x in (-5.0, 0.0, 0.5, 1.0, 2.5, 7.0, 10.0, 14.0):
        encoded = np.asarray(layer(np.array([[x]], np.float32)))[0, 0]
        np.testing.assert_allclose(encoded, _paper(x, [0, 1, 3, 6, 10]), atol=1e-6)


def test_equal_quantiles_are_one_and_the_bins_left_over_stay_empty():
    layer = PiecewiseLinearEncoding(bins=4)
    layer.build((None, 2))
    # Quartiles 0, 0, 0, 0, 2; and a number that is always the same.
    layer.set(np.array([[0.0, 5.0]] * 8 + [[2.0, 5.0]]))
    for x in (-1.0, 0.0, 1.0, 3.0):
        encoded = np.asarray(layer(np.array([[x, x]], np.float32)))[0]
        np.testing.assert_allclose(encoded, [[x / 2, 0, 0, 0], [0, 0, 0, 0]])


def test_periodic_is_sine_and_cosine_of_each_frequency():
    layer = PeriodicEncoding(frequencies=2, sigma=0.5)
    layer.build((None, 3))
    coefficients, x = np.array([[1, 2], [0.5, 0], [-1, 3]]), np.array([[0.1, -0.7, 2.0]], np.float32)
    layer.coefficients.assign(coefficients)
    angles = 2 * np.pi * coefficients * x[..., None]
    expected = np.concatenate([np.sin(angles), np.cos(angles)], axis=-1)
    np.testing.assert_allclose(layer(x), expected, atol=1e-5)


def test_frequencies_are_drawn_with_the_deviation_asked_for():
    keras.utils.set_random_seed(0)
    layer = PeriodicEncoding(frequencies=500, sigma=0.3)
    layer.build((None, 10))
    assert np.std(layer.coefficients) == pytest.approx(0.3, rel=0.05)


def test_each_number_has_a_map_of_its_own():
    layer = LinearEach(dim=2)
    x = np.arange(12, dtype=np.float32).reshape(2, 3, 2) - 5
    found = np.asarray(layer(x))
    layer.bias.assign(np.ones((3, 2)))
    kernel = np.asarray(layer.kernel)
    expected = np.stack([np.maximum(x[:, n] @ kernel[n] + 1, 0) for n in range(3)], axis=1)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-5)
    assert found.shape == (2, 3, 2)
