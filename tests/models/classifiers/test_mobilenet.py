"""Against Keras's own MobileNets: the same parameters, and with the same weights the same outputs."""

import keras
import numpy as np
import pytest

from models.classifiers.efficientnet import compound, efficientnet
from models.classifiers.mobilenet import mobilenet_v2, mobilenet_v3_small
from models.graph.profile import profile
from models.layers.inverted_residual import round_channels

IMAGES = np.random.default_rng(0).random((2, 64, 64, 3)).astype(np.float32)


def _randomize(model: keras.Model, images: np.ndarray) -> list[np.ndarray]:
    """Weights whose statistics are those of the images.

    With any others, so many layers make noise of rounding, or nothing of the images.
    """
    rng = np.random.default_rng(1)
    for weight in model.trainable_weights:
        fans = weight.shape[:-1] if "depthwise" not in weight.path and "dwconv" not in weight.path else weight.shape[:2]
        is_kernel = weight.path.endswith("kernel")
        weight.assign(
            rng.normal(0, np.prod(fans) ** -0.5, weight.shape) if is_kernel else rng.uniform(0.5, 1.5, weight.shape)
        )
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    model(images, training=True)
    return model.get_weights()


def _assert_same(ours: np.ndarray, theirs: np.ndarray) -> None:
    """To a hundredth of what two images differ by."""
    np.testing.assert_allclose(ours, theirs, atol=0.01 * np.ptp(theirs, axis=0).mean())


# What normalizes pixels as if it were not there: (x - 0) / sqrt(variance + epsilon).
AS_THEY_ARE = [np.zeros(3), np.full(3, 1 - 1e-3)]


def test_mobilenet_v2():
    theirs = keras.applications.MobileNetV2(
        (64, 64, 3), alpha=0.5, weights=None, classes=7, classifier_activation="linear"
    )
    ours = mobilenet_v2(image_shape=(64, 64, 3), num_classes=7, width=0.5)
    ours.set_weights([*AS_THEY_ARE, *_randomize(theirs, IMAGES)])
    _assert_same(ours({"image": IMAGES})["logits"], theirs(IMAGES).numpy())


def test_mobilenet_v2_as_published():
    ours = mobilenet_v2(image_shape=(224, 224, 3), num_classes=1000)
    # Ours has the statistics of pixels beside.
    assert ours.count_params() == keras.applications.MobileNetV2(weights=None).count_params() + 2 * 3
    # Sandler et al., CVPR 2018, table 4: 300 million multiply-adds.
    assert profile(ours).flops / 2 == pytest.approx(300e6, rel=0.02)


def test_mobilenet_v3_small():
    theirs = keras.applications.MobileNetV3Small(
        (64, 64, 3), weights=None, include_top=False, pooling="avg", include_preprocessing=False
    )
    ours = mobilenet_v3_small(image_shape=(64, 64, 3), num_classes=5)
    head = [np.zeros((576, 5)), np.zeros(5)]
    ours.set_weights([*AS_THEY_ARE, *_randomize(theirs, IMAGES), *head])
    pooled = keras.Model(ours.inputs, ours.get_layer("pooled").output)
    _assert_same(pooled([IMAGES]), theirs(IMAGES).numpy())


def test_efficientnet_b0_has_as_many_parameters_as_keras_s_and_as_published():
    ours = efficientnet(image_shape=(224, 224, 3), num_classes=1000)
    theirs = keras.applications.EfficientNetB0(weights=None)
    # Keras counts the images that its normalization has seen, in one number more.
    assert ours.count_params() == theirs.count_params() - 1
    # Tan, Le, ICML 2019, table 2: 0.39 billion multiply-adds.
    assert profile(ours).flops / 2 == pytest.approx(0.39e9, rel=0.02)


def test_efficientnet_b0():
    keras.utils.set_random_seed(0)
    theirs = keras.applications.EfficientNetB0(weights=None, input_shape=(64, 64, 3), include_top=False, pooling="avg")
    ours = efficientnet(image_shape=(64, 64, 3), num_classes=5)
    # Theirs divides pixels by 255, and normalizes with statistics of its own.
    _mean, _variance, _count, *shared = _randomize(theirs, 255 * IMAGES)
    head = [np.zeros((1280, 5)), np.zeros(5)]
    ours.set_weights([*AS_THEY_ARE, *shared, *head])
    pooled = keras.Model(ours.inputs, ours.get_layer("pooled").output)
    _assert_same(pooled([IMAGES]), theirs(255 * IMAGES).numpy())


def test_compound_scaling_doubles_the_operations_about():
    # The same, equation 3: alpha * beta^2 * gamma^2 is about 2.
    depth, width, resolution = compound(1.0)
    assert (depth, width, resolution) == (1.2, 1.1, 1.15)
    assert depth * width**2 * resolution**2 == pytest.approx(2, rel=0.05)
    assert compound(0.0) == (1.0, 1.0, 1.0)


def test_deeper_and_wider():
    small = efficientnet(image_shape=(32, 32, 1), num_classes=2, shrinks=8)
    deeper = efficientnet(image_shape=(32, 32, 1), num_classes=2, shrinks=8, depth=1.2)
    adds = [sum(isinstance(layer, keras.layers.Add) for layer in model.layers) for model in (small, deeper)]
    # B0 has 16 blocks, of which 9 add; with depth 1.2 stages have 2, 3, 3, 4, 4, 5, 2.
    assert adds == [9, 16]


@pytest.mark.parametrize(("channels", "expected"), [(32, 32), (16 * 0.35, 8), (24 * 0.5, 16), (11, 16), (90, 88)])
def test_channels_are_rounded_as_in_the_authors_code(channels, expected):
    # 12 -> 16, for 8 would be below 90 %; 90 -> 88; 11 -> 8 would be below 90 %.
    assert round_channels(channels) == expected


@pytest.mark.parametrize("build", [mobilenet_v2, mobilenet_v3_small, efficientnet])
@pytest.mark.parametrize("shrinks", [1, 4, 32])
def test_small_images_are_shrunk_no_further_than_asked(build, shrinks):
    model = build(image_shape=(32, 32, 1), num_classes=3, width=0.25, shrinks=shrinks)
    assert model.get_layer("pooled").input.shape[1:3] == (32 // shrinks, 32 // shrinks)


def test_images_that_are_too_small_are_refused():
    with pytest.raises(ValueError, match=r"at least 32 pixels .* Received: image_shape=\(28, 28, 1\)"):
        mobilenet_v2(image_shape=(28, 28, 1), num_classes=3)
