import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from training.augmentation.image import ImageAugmentation

IMAGES = np.random.default_rng(0).random((6, 8, 8, 1), np.float32)
LABELS = np.arange(6)
KINDS = [
    {"flip": "horizontal"},
    {"crop_padding": 2},
    {"rotate_degrees": 20},
    {"translate": 0.2},
    {"zoom": 0.2},
    {"translate": 0.2, "fill_mode": "nearest"},
    {"crop_padding": 2, "rotate_degrees": 20, "fill_mode": "reflect"},
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


def test_nearest_pixels_fill_what_a_shift_leaves_bare():
    """White paper stays white: a border of zeros would be black."""
    paper = np.ones((6, 8, 8, 1), np.float32)
    changes = {"crop_padding": 3, "translate": 0.4, "rotate_degrees": 30, "zoom": 0.3}
    filled = ImageAugmentation(num_classes=10, seed=0, fill_mode="nearest", **changes)(paper, LABELS, training=True)[0]
    np.testing.assert_allclose(filled, paper, atol=1e-6)
    bare = ImageAugmentation(num_classes=10, seed=0, **changes)(paper, LABELS, training=True)[0]
    assert np.min(bare) == 0


def test_mixup_mixes_labels_as_it_mixes_images():
    """Images that are their one-hot labels show the share that went into both."""
    images = np.eye(10, dtype=np.float32)[LABELS].reshape(6, 1, 10, 1)
    layer = ImageAugmentation(num_classes=10, mixup_alpha=1.0, seed=0)
    mixed, labels = layer(images, LABELS, training=True)
    np.testing.assert_allclose(np.reshape(mixed, (6, 10)), labels, atol=1e-6)
    assert (np.max(labels, axis=1) < 1).any()


@pytest.mark.parametrize("alpha", [0.3, 1.0, 4.0])
def test_cutmix_labels_are_shares_of_pixels(alpha):
    images = np.ones((6, 8, 8, 1), np.float32) * (LABELS / 10)[:, None, None, None].astype(np.float32)
    layer = ImageAugmentation(num_classes=10, cutmix_alpha=alpha, seed=1)
    mixed, labels = layer(images, LABELS, training=True)
    for image, label in zip(np.asarray(mixed), np.asarray(labels), strict=True):
        area = [np.mean(np.isclose(image, value / 10)) for value in range(10)]
        np.testing.assert_allclose(area, label, atol=1e-6)


def test_evaluation_sees_the_images_as_they_are():
    layer = ImageAugmentation(num_classes=10, erase=1.0, mixup_alpha=1.0)
    images, labels = layer(IMAGES, LABELS, training=False)
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(labels, LABELS)


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), kind=st.sampled_from(["mixup_alpha", "cutmix_alpha"]), alpha=st.floats(0.1, 4))
def test_mixing_conserves_each_examples_label_mass(seed, kind, alpha):
    _, labels = ImageAugmentation(num_classes=10, seed=seed, **{kind: alpha})(IMAGES, LABELS, training=True)
    assert np.min(labels) >= 0
    np.testing.assert_allclose(np.sum(labels, axis=1), np.ones(6), rtol=1e-5)


@pytest.mark.parametrize(("chance", "low", "high"), [(1.0, 0.97, 1.0), (0.5, 0.43, 0.57)])
def test_erases_as_many_images_as_the_chance_says(chance, low, high):
    images = np.full((1000, 16, 16, 1), 0.371, np.float32)
    erased, _ = ImageAugmentation(num_classes=2, erase=chance, seed=0)(images, np.zeros(1000, int), training=True)
    assert low <= np.mean(np.any(np.asarray(erased) != images, axis=(1, 2, 3))) <= high


def test_mixup_and_cutmix_take_turns_by_chance():
    layer = ImageAugmentation(num_classes=10, mixup_alpha=1.0, cutmix_alpha=1.0, seed=0)
    # CutMix only moves pixels: none gets a value that no image had.
    is_cut = [np.isin(layer(IMAGES, LABELS, training=True)[0], IMAGES).all() for _ in range(60)]
    assert 18 <= sum(is_cut) <= 42


def test_each_change_draws_numbers_of_its_own():
    layer = ImageAugmentation(num_classes=10, flip="horizontal", crop_padding=1, rotate_degrees=9, zoom=0.1, seed=3)
    layer.build(IMAGES.shape)
    states = {tuple(variable.numpy()) for variable in layer.variables}
    assert len(states) == len(layer.variables) == 5


def test_a_loop_inside_a_graph_draws_anew_each_time_and_resumes_in_the_middle():
    layer = ImageAugmentation(num_classes=10, crop_padding=2, erase=0.5, mixup_alpha=0.4, cutmix_alpha=1.0, seed=3)
    layer.build(IMAGES.shape)

    @tf.function
    def sums(steps):
        drawn = tf.TensorArray(tf.float32, steps)
        for step in tf.range(steps):
            drawn = drawn.write(step, tf.reduce_sum(layer(IMAGES, LABELS, training=True)[0]))
        return drawn.stack()

    start = [variable.numpy() for variable in layer.variables]
    whole = sums(tf.constant(4)).numpy()
    for variable, value in zip(layer.variables, start, strict=True):
        variable.assign(value)
    np.testing.assert_array_equal([*sums(tf.constant(1)), *sums(tf.constant(3))], whole)
    assert len(set(whole)) == 4


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_computes_in_float32_under_mixed_precision(policy):
    keras.config.set_dtype_policy(policy)
    try:
        layer = ImageAugmentation(num_classes=10, flip="horizontal", erase=0.5, mixup_alpha=0.4, cutmix_alpha=1.0)
    finally:
        keras.config.set_dtype_policy("float32")
    images, labels = layer(IMAGES, LABELS, training=True)
    assert images.dtype == labels.dtype == tf.float32


def test_survives_serialization():
    made = ImageAugmentation(num_classes=10, flip="vertical", crop_padding=1, mixup_alpha=0.4, cutmix_alpha=2.0, seed=3)
    again = keras.layers.deserialize(keras.layers.serialize(made))
    for mine, theirs in zip(again(IMAGES, LABELS, training=True), made(IMAGES, LABELS, training=True), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("options", [{"flip": "diagonal"}, {"erase": 1.5}, {"mixup_alpha": -1.0}, {"crop_padding": -1}])
def test_senseless_options_are_refused(options):
    with pytest.raises(ValueError, match="Received"):
        ImageAugmentation(num_classes=10, **options)
