"""The inner loop against calculations by hand."""

import numpy as np
import pytest
import tensorflow as tf

from training.meta.inner_loop import descend

START, TARGET, QUERY_TARGET, RATE = 3.0, 1.0, 0.5, 0.1


def _meta_gradient(*, steps: int, is_first_order: bool) -> float:
    """Of (w' - QUERY_TARGET)² by w, w' after steps on (w - TARGET)²."""
    start = tf.constant([START])
    with tf.GradientTape() as tape:
        tape.watch(start)
        [adapted] = descend(
            lambda values: tf.reduce_sum((values[0] - TARGET) ** 2),
            [start],
            steps=steps,
            rates=lambda step: [RATE],
            is_first_order=is_first_order,
        )[-1]
        loss = tf.reduce_sum((adapted - QUERY_TARGET) ** 2)
    return float(tape.gradient(loss, start)[0])


def test_each_step_goes_down_the_gradient():
    path = descend(
        lambda values: tf.reduce_sum((values[0] - TARGET) ** 2), [tf.constant([START])], steps=2, rates=lambda _: [RATE]
    )
    # w - 0.1 · 2(w - 1)
    np.testing.assert_allclose([values[0].numpy()[0] for values in path], [3.0, 2.6, 2.28], rtol=1e-6)


@pytest.mark.parametrize("steps", [1, 3])
def test_the_second_order_gradient_goes_through_the_steps(steps):
    shrink = 1 - 2 * RATE
    adapted = TARGET + (START - TARGET) * shrink**steps
    expected = 2 * (adapted - QUERY_TARGET) * shrink**steps
    assert _meta_gradient(steps=steps, is_first_order=False) == pytest.approx(expected, rel=1e-5)


def test_the_first_order_gradient_is_the_one_at_the_adapted_value():
    adapted = TARGET + (START - TARGET) * (1 - 2 * RATE)
    assert _meta_gradient(steps=1, is_first_order=True) == pytest.approx(2 * (adapted - QUERY_TARGET), rel=1e-5)


def test_each_step_has_its_own_rate():
    rates = [0.1, 0.5]
    path = descend(
        lambda values: tf.reduce_sum((values[0] - TARGET) ** 2),
        [tf.constant([START])],
        steps=2,
        rates=lambda step: [rates[step]],
    )
    assert path[-1][0].numpy()[0] == pytest.approx(TARGET)
