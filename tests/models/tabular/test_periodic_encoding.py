"""Against the equation, written anew in NumPy."""

import keras
import numpy as np
import pytest

from models.tabular.periodic_encoding import PeriodicEncoding


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
