import keras
import numpy as np
import pytest

from compression.layer_patterns import LayerPatternError
from compression.sensitivity import Change, LayerDrop, apply_change, layer_drops, suggest_exclude

HALF, FOUR_BITS = Change("sparsity", 0.5), Change("bits", 4)


@pytest.fixture
def model() -> keras.Model:
    """x of two numbers to y = x a b, with kernels a and b of two by two."""
    x = keras.Input((2,), name="x")
    hidden = keras.layers.Dense(2, use_bias=False, name="a")(x)
    model = keras.Model({"x": x}, {"y": keras.layers.Dense(2, use_bias=False, name="b")(hidden)})
    model.get_layer("a").kernel.assign([[1.0, 2.0], [3.0, 4.0]])
    model.get_layer("b").kernel.assign([[10.0, 20.0], [30.0, 40.0]])
    return model


def _sums(model: keras.Model) -> np.ndarray:
    """A metric of two examples: the sums of the two kernels."""
    return np.array([model.get_layer(name).kernel.numpy().sum() for name in "ab"], float)


@pytest.mark.parametrize("sign", [1, -1])
def test_each_layer_is_changed_alone_and_is_as_before_afterwards(model, sign):
    found = list(layer_drops(model, lambda: sign * _sums(model), [HALF], higher_is_better=sign > 0))
    # The smaller half of a is 1 + 2, that of b 10 + 20; the other example loses nothing.
    assert [(each.layer, each.weights, each.drop) for each in found] == [("a", 4, 3 / 2), ("b", 4, 30 / 2)]
    assert _sums(model).tolist() == [10, 100]


def test_the_interval_is_of_the_loss_on_the_same_examples(model):
    examples = np.array([0.0, 100.0, 200.0, 300.0])
    # Every example loses what the kernel lost, however much examples differ among themselves, plus 0, 1, 2, 3 of it.
    [found] = layer_drops(model, lambda: examples + _sums(model)[0] * np.arange(4.0), [HALF], layers=["a"])
    # 0, 3, 6, 9: mean 4.5, standard deviation 3.873, t of three degrees of freedom 3.1824.
    assert found.drop == 4.5
    assert (found.low, found.high) == pytest.approx((4.5 - 3.1824 * 3.873 / 2, 4.5 + 3.1824 * 3.873 / 2), abs=1e-3)


def test_a_pattern_that_fits_no_layer_is_told(model):
    with pytest.raises(LayerPatternError, match=r"A pattern of --layer must fit .*a, b.* Received: 'c\*'"):
        next(layer_drops(model, lambda: _sums(model), [HALF], layers=["c*"]))


def test_four_bits_are_seven_steps_to_either_side():
    kernel = np.array([[0.7, 0.07], [0.14, -0.04], [-0.06, 0.0]])
    # One step of 0.1 all over, or of 0.1 and 0.01 by channel.
    np.testing.assert_allclose(apply_change(kernel, FOUR_BITS), [[0.7, 0.1], [0.1, 0.0], [-0.1, 0.0]], atol=1e-12)
    by_channel = apply_change(kernel, FOUR_BITS, channel_axes=(-1,))
    np.testing.assert_allclose(by_channel, [[0.7, 0.07], [0.1, -0.04], [-0.1, 0.0]], atol=1e-12)


def test_a_kernel_of_zeros_stays_so():
    assert not apply_change(np.zeros((2, 2)), FOUR_BITS, channel_axes=(-1,)).any()


def test_what_costs_too_much_is_suggested_by_change():
    def drop(layer: str, change: Change, value: float) -> LayerDrop:
        return LayerDrop(layer=layer, weights=1, change=change, drop=value, low=0.0, high=1.0)

    drops = [drop("a", HALF, 0.2), drop("a", FOUR_BITS, 0.01), drop("b", HALF, 0.02), drop("c", HALF, -0.3)]
    assert suggest_exclude(drops, 0.01) == {HALF: ["a", "b"]}
