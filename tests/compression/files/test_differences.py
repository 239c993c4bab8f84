import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from compression.files.differences import max_difference, relative_difference

EXPECTED = np.array([[0.0, 2.0], [4.0, 6.0]], np.float32)


def test_the_largest_difference_counts():
    assert max_difference(EXPECTED + np.array([[0, 0.5], [0, -1]]), EXPECTED) == pytest.approx(1, abs=1e-4)


def test_a_large_channel_excuses_nothing_in_the_one_beside_it():
    expected = np.array([[1e6, 1.0], [2e6, -1.0]], np.float32)
    assert max_difference(expected * [1, -1], expected) == pytest.approx(2, abs=1e-4)


def test_a_constant_in_place_of_a_series_far_from_zero_is_a_difference():
    expected = np.random.default_rng(0).normal(101_325, 3, (64, 1)).astype(np.float32)
    assert max_difference(np.full_like(expected, 101_325), expected) > 1


@given(st.floats(1, 2.0**100, width=32))
def test_rounding_is_no_difference_at_any_scale(scale):
    """A float32 has 24 bits: its neighbour is at most 2 ** -23 of it away."""
    expected = scale * EXPECTED
    assert max_difference(np.nextafter(expected, np.float32(np.inf)), expected) <= 1e-30


def test_classes_count_by_the_share_that_differs():
    assert max_difference(np.array(["a", "b", "c", "d"]), np.array(["a", "b", "c", "x"])) == 0.25


def test_a_relative_difference_is_in_standard_deviations():
    # The mean difference is 1, the standard deviation of 0, 2, 4, 6 is the root of 5.
    assert relative_difference(EXPECTED + 1, EXPECTED) == pytest.approx(1 / 5**0.5)


@pytest.mark.parametrize("received", [None, EXPECTED[:1], EXPECTED * np.nan, EXPECTED + np.inf])
def test_what_cannot_be_compared_is_infinitely_far(received):
    assert max_difference(received, EXPECTED) == float("inf")
    assert relative_difference(received, EXPECTED) == float("inf")


@given(arrays.arrays(np.float32, 4, elements=st.floats(-1e6, 1e6, width=32)))
def test_nothing_differs_from_itself(values):
    assert max_difference(values, values) == relative_difference(values, values) == 0
