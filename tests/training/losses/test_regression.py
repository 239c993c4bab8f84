import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from training.losses.regression import AbsoluteError, Huber, Pinball, SquaredError


def test_huber_is_a_square_near_and_a_line_far():
    # 0.5 * 0.25 and 1 * (3 - 0.5), on either side.
    losses = Huber().of_errors(tf.constant([0.5, 3.0, -0.5, -3.0]))
    np.testing.assert_allclose(losses, [0.125, 2.5, 0.125, 2.5])


def test_pinball_charges_an_undershoot_by_the_level_and_an_overshoot_by_the_rest():
    losses = Pinball(levels=(0.9, 0.2)).of_errors(tf.constant([[1.0, -2.0]]))
    np.testing.assert_allclose(losses, [[0.9 * 1, 0.8 * 2]], rtol=1e-6)


@settings(max_examples=25)
@given(
    values=st.lists(st.floats(-5, 5, width=32), min_size=3, max_size=15, unique=True),
    level=st.sampled_from([0.1, 0.5, 0.75]),
)
def test_pinball_is_least_at_the_empirical_quantile(values, level):
    target = np.array(values, np.float32)

    def total(guess: float) -> float:
        return float(np.mean(Pinball(levels=(level,)).of_errors(tf.constant(target - np.float32(guess)))))

    best = float(np.quantile(target, level, method="inverted_cdf"))
    assert all(total(best) <= total(guess) + 1e-5 for guess in [*values, best - 0.1, best + 0.1])


@pytest.mark.parametrize("made", [SquaredError(), AbsoluteError(), Huber(), Pinball(levels=(0.1, 0.5, 0.9))])
@pytest.mark.parametrize("scale", [1.0, 1e4, 0.0])
def test_values_and_gradients_are_finite_at_any_scale(made, scale):
    error = tf.constant([[1.0, -1.0, 0.5]]) * scale
    with tf.GradientTape() as tape:
        tape.watch(error)
        losses = made.of_errors(error)
    assert losses.shape == (1, 3)
    assert np.isfinite(losses).all()
    assert np.isfinite(tape.gradient(losses, error)).all()


def test_the_value_of_an_example_is_the_mean_over_the_last_axis():
    true, predicted = np.array([[1.0, 2.0], [0.0, 0.0]], np.float32), np.array([[0.0, 4.0], [3.0, 3.0]], np.float32)
    np.testing.assert_allclose(SquaredError()(true, predicted), [2.5, 9.0])
    np.testing.assert_allclose(
        Pinball(levels=(0.1, 0.9))(true, predicted), [(0.1 + 0.2) / 2, (2.7 + 0.3) / 2], rtol=1e-6
    )


def test_levels_outside_the_unit_interval_are_refused():
    with pytest.raises(ValueError, match=r"levels must lie between 0 and 1\. Received: \[0\.5, 1\.0\]"):
        Pinball(levels=(0.5, 1.0))
