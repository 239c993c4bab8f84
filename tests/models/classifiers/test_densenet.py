import keras
import numpy as np
import pytest

from models.classifiers.densenet import dense_block, densenet
from models.layers.convolution import Style


def test_parameters_of_densenet_bc_100_12():
    model = densenet(image_shape=(32, 32, 3), num_classes=10, layers_per_block=(16, 16, 16), growth=12)
    # Huang et al., CVPR 2017, table 2: 0.8 million. By hand: stem 27*24; a layer of c channels has 4c + 48c + 4*48 +
    # 9*48*12; a transition 4c + c * c/2; the last normalization 4c and the head 10c + 10; pixels 2*3.
    total, channels = 27 * 24 + 6, 24
    for block in range(3):
        for _ in range(16):
            total += 4 * channels + 48 * channels + 4 * 48 + 9 * 48 * 12
            channels += 12
        if block < 2:
            total += 4 * channels + channels * (channels // 2)
            channels //= 2
    total += 4 * channels + 10 * channels + 10
    assert model.count_params() == total
    assert total == pytest.approx(0.8e6, rel=0.02)


def test_densenet_121_against_keras_s():
    # Odd sizes: there, padding the same on both sides, as Keras does, is padding to the same size, as ours does.
    theirs = keras.applications.DenseNet121(
        weights=None, input_shape=(65, 65, 3), classes=7, classifier_activation=None
    )
    ours = densenet(image_shape=(65, 65, 3), num_classes=7, layers_per_block=(6, 12, 24, 16), growth=32, stem_stride=4)
    # Ours has the statistics of pixels beside.
    assert ours.count_params() == theirs.count_params() + 2 * 3
    rng = np.random.default_rng(0)
    weights = [np.zeros(3), np.full(3, 1 - 1e-3)]
    for weight in theirs.weights:
        is_positive = weight.path.endswith(("gamma", "variance"))
        scale = np.prod(weight.shape[:-1]) ** -0.5
        weight.assign(rng.uniform(0.5, 1.5, weight.shape) if is_positive else rng.normal(0, scale, weight.shape))
        # Theirs adds 1.001e-5 to variances, ours 1e-3.
        weights.append(weight.numpy() + (1.001e-5 - 1e-3 if weight.path.endswith("variance") else 0))
    ours.set_weights(weights)
    images = rng.random((2, 65, 65, 3)).astype(np.float32)
    expected = theirs(images).numpy()
    # To a hundredth of what two images differ by.
    tolerance = 0.01 * np.ptp(expected, axis=0).mean()
    np.testing.assert_allclose(ours({"image": images})["logits"], expected, atol=tolerance)


def test_a_layer_adds_what_it_makes_of_all_before_it():
    image = keras.Input((5, 5, 2))
    model = keras.Model(image, dense_block(image, Style(), layers=2, growth=3, is_bottlenecked=False))
    x = np.random.default_rng(0).normal(size=(1, 5, 5, 2)).astype(np.float32)
    y = model(x).numpy()
    assert y.shape == (1, 5, 5, 8)
    np.testing.assert_array_equal(y[..., :2], x)
    kernels = [layer.kernel for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    for kernel, taken, made in zip(kernels, (2, 5), (slice(2, 5), slice(5, 8)), strict=True):
        # Normalization with its first statistics: divided by sqrt(1 + 0.001).
        seen = np.maximum(y[..., :taken] / np.float32(np.sqrt(1.001)), 0)
        np.testing.assert_allclose(y[..., made], keras.ops.conv(seen, kernel, padding="same"), atol=1e-5)


def test_transitions_halve_the_image_and_compress_the_channels():
    model = densenet(image_shape=(8, 8, 1), num_classes=3, layers_per_block=(1, 1), growth=4, compression=0.25)
    pooling = next(layer for layer in model.layers if isinstance(layer, keras.layers.AveragePooling2D))
    assert pooling.output.shape[1:] == (4, 4, 3)
    assert model.get_layer("pooled").input.shape[1:] == (4, 4, 7)
