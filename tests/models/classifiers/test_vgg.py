import keras
import numpy as np
import pytest

from models.classifiers.vgg import vgg
from models.layers.normalization import BatchNormalization


def test_parameter_count_by_hand():
    # Input normalization 2*1; stage 0: 9*1*4 + 4*4, 9*4*4 + 4*4; stage 1: 9*4*8 + 4*8, 9*8*8 + 4*8; head 8*10 + 10.
    expected = 2 + (36 + 16) + (144 + 16) + (288 + 32) + (576 + 32) + 90
    model = vgg(image_shape=(8, 8, 1), num_classes=10, widths=(4, 8), convolutions=2)
    assert model.count_params() == expected


def test_kernels_that_copy_leave_the_averages_of_the_largest_of_four_pixels():
    model = vgg(image_shape=(4, 6, 1), num_classes=2, widths=(1, 1))
    copying = np.zeros((3, 3, 1, 1))
    copying[1, 1] = 1
    divisor = 1.0
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            layer.kernel.assign(copying)
        if isinstance(layer, BatchNormalization):
            # By a variance of one that epsilon is added to.
            divisor *= np.sqrt(1 + layer.epsilon)
    images = np.random.default_rng(0).normal(size=(3, 4, 6, 1)).astype(np.float32)
    largest = np.maximum(images, 0).reshape(3, 2, 2, 3, 2).max(axis=(2, 4))
    pooled = keras.Model(model.input, model.get_layer("pooled").output)({"image": images})
    np.testing.assert_allclose(pooled[:, 0], largest.mean(axis=(1, 2)) / divisor, rtol=1e-5)


def test_too_many_stages_are_refused():
    with pytest.raises(ValueError, match=r"between 4 stages shrinks .* Received: image_shape=\(4, 4, 1\)"):
        vgg(image_shape=(4, 4, 1), num_classes=2, widths=(2, 2, 2, 2))
