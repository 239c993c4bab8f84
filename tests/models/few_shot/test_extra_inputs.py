"""Learned constants beside the input."""

import numpy as np
import tensorflow as tf

from models.few_shot.extra_inputs import ExtraInputs
from models.few_shot.networks import perceptron


def test_stand_beside_every_example() -> None:
    layer = ExtraInputs(2)
    layer.build((None, 1))
    layer.set_weights([np.array([5.0, 6.0])])
    np.testing.assert_array_equal(layer(np.array([[1.0], [2.0]])), [[1.0, 5.0, 6.0], [2.0, 5.0, 6.0]])
    assert layer.compute_output_shape((None, 1)) == (None, 3)


def test_a_step_on_them_is_a_step_on_the_first_bias_through_the_weights() -> None:
    """The bias's gradient is that of `W e + b`: the constants' is Wᵀ times it."""
    network = perceptron(inputs=1, outputs=1, widths=(4,), extra_inputs=3)
    constants, kernel, bias = network.trainable_variables[:3]
    x = np.array([[0.5], [-1.0]], "float32")
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(network({"x": x}) ** 2)
    of_constants, of_bias = tape.gradient(loss, [constants.value, bias.value])
    np.testing.assert_allclose(of_constants, kernel.numpy()[1:] @ of_bias.numpy(), rtol=1e-5, atol=1e-7)
