"""Against Keras's own optimizers, on the same gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from training.optimizers import optimizer
from training.options import OptimizerOptions

KERAS = {
    "sgd": lambda decay: keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True, weight_decay=decay),
    "adam": lambda decay: keras.optimizers.Adam(0.01, weight_decay=decay),
    "lion": lambda decay: keras.optimizers.Lion(0.01, weight_decay=decay),
    "adafactor": lambda decay: keras.optimizers.Adafactor(0.01, weight_decay=decay),
    "lamb": lambda decay: keras.optimizers.Lamb(0.01, weight_decay=decay),
}


def _variables() -> list[keras.Variable]:
    random = np.random.default_rng(0)
    return [
        keras.Variable(random.normal(size=(5, 4)).astype(np.float32), name="kernel"),
        keras.Variable(random.normal(size=4).astype(np.float32), name="bias"),
    ]


def _trained(made: keras.optimizers.Optimizer, variables: list[keras.Variable], steps: int = 20) -> list[np.ndarray]:
    random = np.random.default_rng(1)
    made.build(variables)
    for _ in range(steps):
        made.apply([tf.constant(random.normal(size=v.shape), tf.float32) for v in variables], variables)
    return [variable.numpy() for variable in variables]


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("kind", KERAS)
def test_agrees_with_keras(kind, decay):
    ours, theirs = _variables(), _variables()
    reference = KERAS[kind](decay or None)
    reference.exclude_from_weight_decay(var_list=[theirs[1]])
    made = optimizer(OptimizerOptions(kind=kind, weight_decay=decay), learning_rate=0.01)
    for mine, other in zip(_trained(made, ours), _trained(reference, theirs), strict=True):
        np.testing.assert_allclose(mine, other, atol=2e-6)


def test_biases_decay_only_when_asked():
    for decay_all, expected in ((False, 1.0), (True, 0.9)):
        bias = keras.Variable(np.ones(3, np.float32), name="bias")
        made = optimizer(OptimizerOptions(kind="sgd", weight_decay=0.1, decay_all=decay_all), learning_rate=1.0)
        made.build([bias])
        made.apply([tf.zeros(3)], [bias])
        np.testing.assert_allclose(bias.numpy(), expected)


# Adafactor's rate follows the weights' norm, which differs as soon as the weights do.
@pytest.mark.parametrize("kind", sorted(set(KERAS) - {"adafactor"}))
def test_a_multiplier_is_a_learning_rate_of_its_own(kind):
    """One variable at a tenth of the rate moves as it would alone under an optimizer of that rate."""
    both = _variables()
    options = OptimizerOptions(kind=kind, weight_decay=0.1, multipliers={"kern*": 0.1})
    scaled, bias = _trained(optimizer(options, learning_rate=0.1), both)
    alone = _variables()
    expected, _ = _trained(optimizer(OptimizerOptions(kind=kind, weight_decay=0.1), learning_rate=0.01), alone)
    full = _variables()
    _, expected_bias = _trained(optimizer(OptimizerOptions(kind=kind, weight_decay=0.1), learning_rate=0.1), full)
    np.testing.assert_allclose(scaled, expected, atol=1e-6)
    np.testing.assert_allclose(bias, expected_bias, atol=1e-6)


def test_the_last_fitting_multiplier_counts():
    kernel = keras.Variable(np.ones((1, 1), np.float32), name="kernel")
    options = OptimizerOptions(kind="sgd", momentum=0.0, weight_decay=0, multipliers={"*": 0.5, "kernel": 0.25})
    made = optimizer(options, learning_rate=1.0)
    made.build([kernel])
    made.apply([tf.ones((1, 1))], [kernel])
    assert kernel.numpy().item() == 0.75


def test_a_multiplier_of_nothing_is_refused():
    made = optimizer(OptimizerOptions(multipliers={"stem*": 0.1}))
    with pytest.raises(ValueError, match=r"such as 'kernel'\. Received: 'stem\*'"):
        made.build(_variables())


def test_an_argument_that_the_kind_lacks_is_refused():
    with pytest.raises(ValueError, match=r"lion has no momentum; it takes beta_1, beta_2\. Received: momentum=0\.9"):
        OptimizerOptions(kind="lion", momentum=0.9)
