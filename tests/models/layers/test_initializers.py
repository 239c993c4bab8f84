import keras
import numpy as np
import pytest

from models.layers.initializers import NAMES, DeltaOrthogonal, initializer


@pytest.mark.parametrize(("inputs", "outputs"), [(3, 3), (3, 5)])
def test_a_convolution_starts_as_an_isometry(inputs, outputs):
    """Each pixel's vector keeps its length."""
    layer = keras.layers.Conv2D(outputs, 3, padding="same", kernel_initializer=DeltaOrthogonal(seed=0))
    x = np.random.default_rng(0).normal(size=(1, 5, 5, inputs)).astype(np.float32)
    np.testing.assert_allclose(np.linalg.norm(layer(x), axis=-1), np.linalg.norm(x, axis=-1), rtol=1e-5)


def test_only_the_middle_has_values_orthonormal_columns_and_the_gain():
    kernel = np.array(DeltaOrthogonal(gain=2.0, seed=0)((3, 5, 4, 2)))
    middle = kernel[1, 2].copy()
    kernel[1, 2] = 0
    assert not kernel.any()
    np.testing.assert_allclose(middle.T @ middle, 4 * np.eye(2), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "variance"),
    # He et al., ICCV 2015: 2 / fan in; LeCun et al., 1998: 1 / fan in; Glorot, Bengio, 2010: 2 / (fan in + fan out).
    [("he_normal", 2 / 90), ("he_uniform", 2 / 90), ("lecun_normal", 1 / 90), ("lecun_uniform", 1 / 90),
     ("glorot_uniform", 2 / (90 + 9 * 200))],
)  # fmt: skip
def test_variances(name, variance):
    keras.utils.set_random_seed(0)
    assert np.var(initializer(name)((3, 3, 10, 200))) == pytest.approx(variance, rel=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_can_be_saved(name):
    again = keras.initializers.deserialize(keras.initializers.serialize(initializer(name)))
    assert type(again) is type(initializer(name))


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match=r"one of he_normal, .*Received: 'zeros'"):
        initializer("zeros")
