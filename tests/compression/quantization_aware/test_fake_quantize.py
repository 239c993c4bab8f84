import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from compression.quantization_aware.fake_quantize import FakeQuantize, fake_quantize_kernel


def test_values_are_rounded_to_256_steps_of_the_range():
    layer = FakeQuantize()
    layer(np.array([[0.0, 2.55]], np.float32), training=True)
    # The step is 0.01.
    rounded = layer(np.array([[0.004, 0.006, 1.234, 3.0, -1.0]], np.float32), training=False)
    np.testing.assert_allclose(rounded, [[0.0, 0.01, 1.23, 2.55, 0.0]], atol=1e-6)


def test_the_range_starts_with_the_first_batch_and_follows_as_a_moving_average():
    layer = FakeQuantize(momentum=0.9)
    layer(np.array([[-1.0, 2.0]], np.float32), training=True)
    assert (float(layer.low.numpy()), float(layer.high.numpy())) == (-1.0, 2.0)
    layer(np.array([[-2.0, 12.0]], np.float32), training=True)
    assert float(layer.low.numpy()) == pytest.approx(-1.1)
    assert float(layer.high.numpy()) == pytest.approx(3.0)


def test_inference_leaves_the_range_alone():
    layer = FakeQuantize()
    layer(np.array([[0.0, 1.0]], np.float32), training=True)
    layer(np.array([[-5.0, 5.0]], np.float32), training=False)
    assert (float(layer.low.numpy()), float(layer.high.numpy())) == (0.0, 1.0)


def test_the_range_holds_zero():
    layer = FakeQuantize()
    layer(np.array([[3.0, 5.0]], np.float32), training=True)
    assert (float(layer.low.numpy()), float(layer.high.numpy())) == (0.0, 5.0)


def test_the_range_of_a_dead_activation_has_a_width():
    layer = FakeQuantize()
    layer(np.zeros((2, 3), np.float32), training=True)
    assert float(layer.high.numpy()) == pytest.approx(1e-4)


def test_a_fixed_range_stays():
    layer = FakeQuantize(fixed=(0.0, 255 / 256))
    layer(np.array([[-5.0, 5.0]], np.float32), training=True)
    assert (float(layer.low.numpy()), float(layer.high.numpy())) == (0.0, 255 / 256)


def test_gradients_pass_within_the_range_alone():
    layer = FakeQuantize()
    layer(np.array([[-1.0, 1.0]], np.float32), training=True)
    values = tf.constant([[-1.5, -0.3, 0.7, 1.5]])
    with tf.GradientTape() as tape:
        tape.watch(values)
        total = tf.reduce_sum(layer(values, training=False))
    np.testing.assert_array_equal(tape.gradient(total, values), [[0, 1, 1, 0]])


def test_a_channel_has_steps_of_its_own():
    kernel = np.array([[127.0, 1.27], [0.6, 0.006]], np.float32)
    rounded = fake_quantize_kernel(kernel, bits=8, per_channel=True)
    np.testing.assert_allclose(rounded, [[127.0, 1.27], [1.0, 0.01]], rtol=1e-5)


def test_one_step_for_all_is_that_of_the_largest():
    kernel = np.array([[127.0, 1.27], [0.6, 0.006]], np.float32)
    rounded = fake_quantize_kernel(kernel, bits=8, per_channel=False)
    np.testing.assert_allclose(rounded, [[127.0, 1.0], [1.0, 0.0]], rtol=1e-5)


def test_fewer_bits_are_fewer_values_each_one_of_int8():
    kernel = np.linspace(-1, 1, 1000, dtype=np.float32)[:, None]
    values = np.unique(fake_quantize_kernel(kernel, bits=3, per_channel=True).numpy())
    # Of 3 bits -3 to 3; a third of 127 is 42.33, two thirds 84.67.
    np.testing.assert_allclose(values * 127, [-127, -85, -42, 0, 42, 85, 127], atol=1e-3)


_KERNELS = arrays.arrays(
    np.float32, arrays.array_shapes(min_dims=2, max_dims=4, max_side=4), elements=st.floats(-100, 100, width=32)
)


@settings(max_examples=40)
@given(kernel=_KERNELS, bits=st.integers(2, 8), per_channel=st.booleans())
def test_zeros_stay_and_nothing_moves_by_more_than_half_a_step(kernel, bits, per_channel):
    rounded = fake_quantize_kernel(kernel, bits=bits, per_channel=per_channel).numpy()
    assert np.all(rounded[kernel == 0] == 0)
    limit = np.abs(kernel).max(axis=tuple(range(kernel.ndim - 1)) if per_channel else None)
    # Half of a step of `bits`, and half of one of int8.
    allowed = limit * (0.5 / (2 ** (bits - 1) - 1) + (0.5 / 127 if bits < 8 else 0)) + 1e-5 * limit + 1e-9
    assert np.all(np.abs(rounded - kernel) <= allowed)
