import numpy as np
import pytest
import tensorflow as tf

from training.augmentation import ImageAugmentation

IMAGES = np.random.default_rng(0).random((6, 8, 8, 1), np.float32)
LABELS = np.arange(6)
KINDS = [
    {"flip": "horizontal"},
    {"crop_padding": 2},
    {"rotate_degrees": 20},
    {"translate": 0.2},
    {"zoom": 0.2},
    {"erase": 1.0},
    {"mixup_alpha": 0.4},
    {"cutmix_alpha": 1.0},
    {"mixup_alpha": 0.4, "cutmix_alpha": 1.0, "flip": "horizontal", "erase": 0.5},
]


@pytest.mark.parametrize("options", KINDS, ids=lambda options: "+".join(options))
def test_changes_images_within_bounds_and_a_checkpoint_brings_the_same_change_back(options):
    layer = ImageAugmentation(num_classes=10, seed=3, **options)
    layer.build(IMAGES.shape)

    @tf.function
    def augmented():
        return layer(IMAGES, LABELS, training=True)

    drawn = []
    for _ in range(12):
        state = [variable.numpy() for variable in layer.variables]
        drawn.append((state, *augmented()))
    assert any(not np.array_equal(images, drawn[0][1]) for _, images, _ in drawn)
    for _, images, labels in drawn:
        assert images.shape == IMAGES.shape
        assert np.min(images) >= 0
        assert np.max(images) <= 1
        if len(labels.shape) == 2:
            np.testing.assert_allclose(np.sum(labels, axis=1), np.ones(6), rtol=1e-5)
    state, images, labels = drawn[5]
    for variable, value in zip(layer.variables, state, strict=True):
        variable.assign(value)
    again = augmented()
    np.testing.assert_array_equal(again[0], images)
    np.testing.assert_array_equal(again[1], labels)


def test_mixup_mixes_labels_as_it_mixes_images():
    """Images that are their one-hot labels show the share that went into both."""
    images = np.eye(10, dtype=np.float32)[LABELS].reshape(6, 1, 10, 1)
    layer = ImageAugmentation(num_classes=10, mixup_alpha=1.0, seed=0)
    mixed, labels = layer(images, LABELS, training=True)
    np.testing.assert_allclose(np.reshape(mixed, (6, 10)), labels, atol=1e-6)
    assert (np.max(labels, axis=1) < 1).any()


def test_cutmix_labels_are_shares_of_area():
    images = np.ones((6, 64, 64, 1), np.float32) * (LABELS / 10)[:, None, None, None].astype(np.float32)
    layer = ImageAugmentation(num_classes=10, cutmix_alpha=1.0, seed=1)
    mixed, labels = layer(images, LABELS, training=True)
    for image, label in zip(np.asarray(mixed), np.asarray(labels), strict=True):
        area = [np.mean(np.isclose(image, value / 10)) for value in range(10)]
        # Keras takes the rectangle's area before it is rounded to pixels.
        np.testing.assert_allclose(area, label, atol=2 / 64)


def test_evaluation_sees_the_images_as_they_are():
    layer = ImageAugmentation(num_classes=10, erase=1.0, mixup_alpha=1.0)
    images, labels = layer(IMAGES, LABELS, training=False)
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(labels, LABELS)
