import numpy as np

from training.random_crop import RandomPaddedCrop

SIZE = 4


def _windows(image: np.ndarray, padding: int) -> dict[tuple[int, int], np.ndarray]:
    padded = np.pad(image, [(padding, padding), (padding, padding), (0, 0)])
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


def test_leaves_images_alone_outside_of_training():
    images = np.ones((2, SIZE, SIZE, 1), np.float32)
    np.testing.assert_array_equal(RandomPaddedCrop(2, seed=0)(images), images)
