import keras
import numpy as np
import pytest

from models.classifiers.resnet import resnet
from models.graph.folding import fold
from models.layers.channel_scale import ChannelScale
from models.layers.normalization import BatchNormalization

RNG = np.random.default_rng(0)


def _randomized(model: keras.Model) -> keras.Model:
    """Weights as after a training: statistics away from their start, variances positive."""
    for variable in model.variables:
        if "seed" in variable.path:
            continue
        values = RNG.normal(0, 0.5, variable.shape)
        variable.assign(np.abs(values) + 0.5 if "variance" in variable.path else values)
    return model


def _largest_difference(model: keras.Model, folded: keras.Model) -> float:
    """Relative to the largest output."""
    shape = model.inputs[0].shape[1:]
    x = RNG.random((4, *shape)).astype(np.float32)
    feed = {model.inputs[0].name: x} if isinstance(model.input, dict) else x
    expected, actual = (keras.tree.flatten(m(feed, training=False))[0] for m in (model, folded))
    return float(np.max(np.abs(expected - actual)) / np.max(np.abs(expected)))


def _types(model: keras.Model) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


def test_by_hand():
    image = keras.Input((1, 1, 1))
    x = keras.layers.Conv2D(1, 1, use_bias=False)(image)
    x = BatchNormalization(epsilon=0.0)(x)
    model = keras.Model(image, ChannelScale()(x))
    # kernel 3; gamma 2, beta 1, mean 4, variance 16: x -> 2 (3x - 4) / 4 + 1; scale 10.
    for layer, weights in zip(model.layers[1:], ([[[[[3.0]]]]], [[2.0], [1.0], [4.0], [16.0]], [[10.0]]), strict=True):
        layer.set_weights([np.array(weight, np.float32) for weight in weights])
    folded = fold(model)
    assert _types(folded) == ["InputLayer", "Conv2D"]
    kernel, bias = folded.layers[1].get_weights()
    assert kernel.item() == pytest.approx(15.0)
    assert bias.item() == pytest.approx(-10.0)


@pytest.mark.parametrize("block", ["basic", "bottleneck", "preactivation", "separable"])
def test_a_folded_network_equals_the_unfolded_one(block):
    model = _randomized(
        resnet(
            image_shape=(12, 12, 3), num_classes=5, widths=(8, 16), blocks_per_stage=2, block=block, se_ratio=4,
            drop_rate=0.1,
        )
    )  # fmt: skip
    folded = fold(model)
    assert _largest_difference(model, folded) < 1e-5
    left = _types(folded).count("BatchNormalization")
    # Only the pixels' own normalization, and in preactivation blocks what precedes a block: nothing is before them.
    assert left == (1 if block != "preactivation" else 1 + 4 + 1)


def test_dense_and_depthwise_kernels_and_existing_biases():
    image = keras.Input((6, 6, 3))
    x = keras.layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same")(image)
    x = ChannelScale()(BatchNormalization()(x))
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dense(4)(x)
    model = _randomized(keras.Model(image, keras.layers.BatchNormalization()(x)))
    folded = fold(model)
    assert _types(folded) == ["InputLayer", "DepthwiseConv2D", "GlobalAveragePooling2D", "Dense"]
    assert _largest_difference(model, folded) < 1e-5


def test_what_must_not_be_folded():
    image = keras.Input((6, 6, 3))
    shared = keras.layers.Conv2D(3, 3, padding="same")
    twice = shared(shared(image))
    after_activation = BatchNormalization()(keras.layers.Conv2D(3, 1, activation="relu")(twice))
    taken_twice = keras.layers.Conv2D(3, 1)(after_activation)
    x = keras.layers.Add()([taken_twice, BatchNormalization()(taken_twice)])
    model = _randomized(keras.Model(image, BatchNormalization()(x)))
    folded = fold(model)
    assert _types(folded).count("BatchNormalization") == 3
    assert _largest_difference(model, folded) < 1e-5


def test_leaves_the_model_as_it_is():
    model = _randomized(resnet(image_shape=(8, 8, 1), num_classes=3, widths=(4,), blocks_per_stage=1))
    before = [weight.copy() for weight in model.get_weights()]
    fold(model)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_only_functional_models():
    class Plain(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(ValueError, match=r"functional model .* Received: Plain"):
        fold(Plain())
