import keras
import numpy as np
import pytest
from pydantic import TypeAdapter

from compression.changes.channel_pruning import prune_channels, without_channels
from compression.changes.channels import PRODUCERS, Channels
from compression.layer_patterns import LayerPatternError
from compression.recipe import ChannelPruningOptions
from models.classifiers.options import Architecture

RNG = np.random.default_rng(0)
IMAGES = RNG.random((4, 16, 16, 3)).astype(np.float32)
HALF = ChannelPruningOptions(share=0.5)
SMALL = {"width": 0.25, "shrinks": 4, "drop_rate": 0.1}
NETWORKS = {
    "se_resnet": {"widths": [16, 32], "blocks_per_stage": 2, "se_ratio": 2},
    "preactivation": {"widths": [8, 16], "block": "preactivation", "blocks_per_stage": 2},
    "bottleneck": {"widths": [16], "block": "bottleneck", "blocks_per_stage": 2},
    "separable": {"widths": [8, 16], "block": "separable"},
    "mobilenet_v2": {"kind": "mobilenet_v2", **SMALL},
    "mobilenet_v3_small": {"kind": "mobilenet_v3_small", **SMALL},
    "densenet": {"kind": "densenet", "layers_per_block": [2, 2], "growth": 8},
    "vgg": {"kind": "vgg", "widths": [8, 16], "convolutions": 2},
    "pyramid": {"kind": "dilated", "widths": [8, 16], "dilations": [1, 2], "pyramid": [2]},
}


def _randomized(model: keras.Model) -> keras.Model:
    """Statistics and biases as after a training; otherwise most channels would be alike."""
    for weight in model.weights:
        if "seed" not in weight.path:
            value = weight.numpy()
            is_positive = "variance" in weight.path or "gamma" in weight.path
            weight.assign(
                RNG.uniform(0.5, 1.5, value.shape) if is_positive else value + RNG.normal(0, 0.1, value.shape)
            )
    return model


@pytest.fixture(scope="module", params=NETWORKS)
def network(request) -> keras.Model:
    keras.utils.set_random_seed(0)
    options = TypeAdapter(Architecture).validate_python(NETWORKS[request.param])
    return _randomized(options.build(image_shape=(16, 16, 3), num_classes=5))


def test_equals_the_network_in_which_nobody_reads_what_has_gone(network):
    """Zeroing what reads a channel is another way to take it out."""
    channels = Channels(network)
    gone = {int(number) for group in channels.groups() for number in group[::2]}
    pruned = without_channels(network, channels, gone)
    blind = keras.models.clone_model(network)
    blind.set_weights(network.get_weights())
    for layer in blind.layers:
        if isinstance(layer, PRODUCERS):
            kernel = layer.kernel.numpy()
            kernel[..., np.isin(channels.read_by(layer.name), list(gone)), :] = 0
            layer.kernel.assign(kernel)
    expected = blind({"image": IMAGES})["logits"].numpy()
    assert np.ptp(expected, axis=0).max() > 0
    np.testing.assert_allclose(
        pruned({"image": IMAGES})["logits"], expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max()
    )


def test_half_of_every_kernel_is_left(network):
    pruned = prune_channels(network, ChannelPruningOptions(share=0.5, min_channels=1))
    before = {layer.name: layer for layer in network.layers}
    sizes = [
        (before[layer.name].kernel.shape[-1], layer.kernel.shape[-1])
        for layer in pruned.layers
        if isinstance(layer, PRODUCERS) and layer.name != "logits"
    ]
    assert all(after == round(size / 2) for size, after in sizes)
    assert pruned.count_params() < 0.4 * network.count_params()
    assert pruned({"image": IMAGES})["logits"].shape == (4, 5)


def test_the_original_stays_as_it_is(network):
    before = network({"image": IMAGES})["logits"].numpy()
    prune_channels(network, HALF)
    np.testing.assert_array_equal(network({"image": IMAGES})["logits"], before)


def _two_convolutions() -> keras.Model:
    image = keras.Input((4, 4, 1), name="image")
    x = keras.layers.Conv2D(4, 1, use_bias=False, name="first")(image)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.Flatten()(keras.layers.ReLU()(x))
    return keras.Model({"image": image}, {"logits": keras.layers.Dense(2, name="logits")(x)})


def test_the_least_important_by_hand_go_with_their_normalization():
    model = _two_convolutions()
    model.get_layer("first").set_weights([np.array([[[[9.0, 1.0, 2.0, 8.0]]]])])
    # After folding the kernels are 0.9, 1, 2 and 0.8: the largest two are those of 1 and 2.
    gamma = np.array([0.1, 1.0, 1.0, 0.1]) * np.sqrt(1 + 1e-3)
    model.get_layer("norm").set_weights([gamma, np.zeros(4), np.zeros(4), np.ones(4)])
    pruned = prune_channels(model, ChannelPruningOptions(share=0.5, min_channels=1))
    np.testing.assert_array_equal(pruned.get_layer("first").kernel.numpy().ravel(), [1.0, 2.0])
    np.testing.assert_array_equal(pruned.get_layer("norm").gamma.numpy(), gamma[[1, 2]].astype(np.float32))
    # Of each of the 16 pixels the second and third channel.
    expected = model.get_layer("logits").kernel.numpy().reshape(16, 4, 2)[:, [1, 2]].reshape(32, 2)
    np.testing.assert_array_equal(pruned.get_layer("logits").kernel.numpy(), expected)


def test_as_many_stay_as_have_to():
    assert prune_channels(_two_convolutions(), ChannelPruningOptions(share=0.9)).get_layer("first").filters == 4
    few = ChannelPruningOptions(share=0.9, min_channels=1)
    assert prune_channels(_two_convolutions(), few).get_layer("first").filters == 1


def test_a_layer_that_is_not_known_keeps_what_it_reads():
    image = keras.Input((4, 4, 1), name="image")
    x = keras.layers.Conv2D(8, 1, name="first")(image)
    x = keras.layers.LayerNormalization()(keras.layers.Conv2D(8, 1, name="second")(x))
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model({"image": image}, {"logits": keras.layers.Dense(2, name="logits")(x)})
    pruned = prune_channels(model, HALF)
    assert [pruned.get_layer(name).kernel.shape[-1] for name in ("first", "second", "logits")] == [4, 8, 2]


def test_excluded_layers_keep_all():
    with pytest.raises(LayerPatternError, match="A layer must be left whose channels can be taken out"):
        prune_channels(_two_convolutions(), ChannelPruningOptions(exclude=["fir*"]))
    with pytest.raises(LayerPatternError, match=r"dense layer \(first, logits, …\)\. Received: 'second'"):
        prune_channels(_two_convolutions(), ChannelPruningOptions(exclude=["second"]))
