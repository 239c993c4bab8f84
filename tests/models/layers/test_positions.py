import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.layers.positions import PositionEmbedding, SinusoidalPositions, rotate, sinusoidal

RNG = np.random.default_rng(0)


@settings(max_examples=20)
@given(first=st.integers(0, 5000), second=st.integers(0, 5000), shift=st.integers(0, 5000))
def test_rotary_scores_depend_on_the_offset_alone(first, second, shift):
    query, key = (RNG.normal(size=(1, 1, 1, 8)).astype("float32") for _ in range(2))

    def score(start, other):
        return float(np.sum(np.asarray(rotate(query, start=start)) * np.asarray(rotate(key, start=other))))

    assert score(first + shift, second + shift) == pytest.approx(score(first, second), abs=1e-2)


def test_rotary_scores_change_with_the_offset():
    query, key = (RNG.normal(size=(1, 1, 1, 8)).astype("float32") for _ in range(2))
    scores = [float(np.sum(np.asarray(rotate(query, start=offset)) * key)) for offset in range(4)]
    assert len({round(score, 4) for score in scores}) == 4


def test_rotation_keeps_lengths_and_the_first_token():
    x = RNG.normal(size=(1, 2, 6, 8)).astype("float32")
    turned = np.asarray(rotate(x))
    np.testing.assert_allclose(np.linalg.norm(turned, axis=-1), np.linalg.norm(x, axis=-1), rtol=1e-5)
    np.testing.assert_allclose(turned[:, :, 0], x[:, :, 0], rtol=1e-6)


def test_a_pair_turns_by_its_frequency():
    """Su et al., equation 34, at dim 4: the second pair turns by 10000^(-2/4) = 0.01 a token."""
    turned = np.asarray(rotate(np.array([[[[0.0, 1.0, 0.0, 0.0]]]], np.float32), start=3))[0, 0, 0]
    np.testing.assert_allclose(turned, [0, np.cos(0.03), 0, np.sin(0.03)], atol=1e-6)


def test_sinusoidal_is_the_papers_formula():
    table = sinusoidal(50, 6)
    assert table[7, 2] == pytest.approx(np.sin(7 / 10000 ** (2 / 6)), abs=1e-6)
    assert table[7, 3] == pytest.approx(np.cos(7 / 10000 ** (2 / 6)), abs=1e-6)


def test_sinusoidal_positions_a_distance_apart_are_one_linear_map_apart():
    """Vaswani et al., section 3.5: PE(pos + k) is a linear function of PE(pos)."""
    table = sinusoidal(200, 8).astype(np.float64)
    solution, *_ = np.linalg.lstsq(table[:-5], table[5:], rcond=None)
    np.testing.assert_allclose(table[:-5] @ solution, table[5:], atol=1e-4)


def test_sinusoidal_positions_go_on_where_they_start():
    zeros = np.zeros((1, 4, 8), np.float32)
    np.testing.assert_allclose(SinusoidalPositions(start=3)(zeros)[0], sinusoidal(7, 8)[3:], atol=1e-6)


def test_learned_positions_are_a_trained_vector_a_place():
    layer, x = PositionEmbedding(), RNG.normal(size=(2, 5, 8)).astype("float32")
    added = np.asarray(layer(x)) - x
    np.testing.assert_allclose(added[0], added[1], atol=1e-6)
    assert [weight.shape for weight in layer.trainable_weights] == [(5, 8)]


def test_an_odd_width_is_refused():
    with pytest.raises(ValueError, match=r"even number of dimensions. Received: 7"):
        sinusoidal(3, 7)
