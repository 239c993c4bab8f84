import numpy as np
import pytest

from training.augmentation.random_crop import RandomPaddedCrop

SIZE = 4
# NumPy's names of the ways to fill.
FILLED = {"constant": "constant", "nearest": "edge", "reflect": "symmetric"}


def _windows(image: np.ndarray, padding: int, mode: str = "constant") -> dict[tuple[int, int], np.ndarray]:
    padded = np.pad(image, [(padding, padding), (padding, padding), (0, 0)], mode=mode)
    places = range(2 * padding + 1)
    return {(y, x): padded[y : y + SIZE, x : x + SIZE] for y in places for x in places}


def test_each_image_is_cut_out_of_its_own_padding_at_its_own_place():
    images = np.random.default_rng(0).random((300, SIZE, SIZE, 2)).astype(np.float32)
    cut = np.asarray(RandomPaddedCrop(1, seed=0)(images, training=True))
    places = []
    for image, window in zip(images, cut, strict=True):
        fitting = [place for place, expected in _windows(image, 1).items() if np.array_equal(expected, window)]
        assert len(fitting) == 1
        places += fitting
    # All nine places occur, each about 300 / 9 times.
    counts = [places.count(place) for place in _windows(images[0], 1)]
    assert min(counts) > 15
    assert sum(counts) == 300


@pytest.mark.parametrize("fill_mode", FILLED)
def test_what_lies_beyond_the_edge_is_as_numpy_pads(fill_mode):
    images = np.random.default_rng(0).random((50, SIZE, SIZE, 2)).astype(np.float32)
    cut = np.asarray(RandomPaddedCrop(2, fill_mode=fill_mode, seed=0)(images, training=True))
    for image, window in zip(images, cut, strict=True):
        windows = _windows(image, 2, FILLED[fill_mode]).values()
        assert any(np.array_equal(expected, window) for expected in windows)


def test_leaves_images_alone_outside_of_training():
    images = np.ones((2, SIZE, SIZE, 1), np.float32)
    np.testing.assert_array_equal(RandomPaddedCrop(2, seed=0)(images), images)
