import keras
import numpy as np
import pytest
import tensorflow as tf

from models.layers.activations import NAMES, LearnableSwish, activation

X = np.array([-4.0, -1.0, -0.1, 0.3, 2.0, 5.0])


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        # Misra, BMVC 2020, equation 1.
        ("mish", lambda x: x * np.tanh(np.log1p(np.exp(x)))),
        # Howard et al., ICCV 2019, section 5.2.
        ("hard_swish", lambda x: x * np.clip(x + 3, 0, 6) / 6),
        ("silu", lambda x: x / (1 + np.exp(-x))),
        ("learnable_swish", lambda x: x / (1 + np.exp(-x))),
        ("relu6", lambda x: np.clip(x, 0, 6)),
    ],
)
def test_values_and_gradients(name, formula):
    layer = activation(name)
    x = tf.constant(X[:, None], tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    np.testing.assert_allclose(y[:, 0], formula(X), atol=1e-6)
    # Central differences of the formula, in float64.
    slope = (formula(X + 1e-6) - formula(X - 1e-6)) / 2e-6
    np.testing.assert_allclose(tape.gradient(y, x)[:, 0], slope, atol=1e-5)


def test_the_learnable_one_learns_a_beta_for_each_channel():
    layer = LearnableSwish()
    x = np.random.default_rng(0).normal(size=(7, 3))
    layer.build((None, 3))
    beta = np.array([0.0, 0.5, 2.0])
    layer.beta.assign(beta)

    def formula(b):
        return (x / (1 + np.exp(-b * x))).sum(axis=0)

    with tf.GradientTape() as tape:
        y = layer(tf.constant(x, tf.float32))
    gradient = tape.gradient(y, layer.beta.value)
    np.testing.assert_allclose(gradient, (formula(beta + 1e-6) - formula(beta - 1e-6)) / 2e-6, atol=1e-4)
    # Beta 0: half the identity.
    np.testing.assert_allclose(y[:, 0], x[:, 0] / 2, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_gives_a_layer_that_can_be_saved(name):
    layer = activation(name)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    np.testing.assert_array_equal(again(X[:, None]), layer(X[:, None]))


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match=r"one of relu, .*Received: 'swoosh'"):
        activation("swoosh")
