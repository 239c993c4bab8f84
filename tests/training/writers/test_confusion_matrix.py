import numpy as np
import pytest

from training.writers.confusion_matrix import confusion_matrix_image


def _cell(image: np.ndarray, classes: int, label: int, prediction: int) -> np.ndarray:
    """The mean color along a cell's lower edge, where no count is written. The matrix ends 6 pixels from the border."""
    side = 64 * classes
    top, left = (size - 6 - side for size in image.shape[:2])
    row, column = top + 64 * (label + 1) - 4, left + 64 * prediction
    return image[row, column + 4 : column + 60].mean(axis=0)


def test_cells_are_colored_by_their_share_of_the_label():
    image = confusion_matrix_image(np.array([[30, 10, 0], [0, 7, 0], [0, 0, 0]]), ["a", "b", "c"])
    blue, white = np.array([8, 48, 107]), np.array([255, 255, 255])
    np.testing.assert_allclose(_cell(image, 3, 0, 0), 0.75 * blue + 0.25 * white, atol=1)
    np.testing.assert_allclose(_cell(image, 3, 0, 1), 0.25 * blue + 0.75 * white, atol=1)
    np.testing.assert_allclose(_cell(image, 3, 1, 1), blue)
    np.testing.assert_allclose(_cell(image, 3, 2, 2), white)


def test_a_count_is_drawn_in_its_cell():
    one, other = (confusion_matrix_image(np.array([[count, 0], [0, 5]]), ["a", "b"]) for count in (111, 888))
    rows, columns = np.nonzero((one != other).any(axis=-1))
    side = one.shape[0] - 6 - 2 * 64
    assert rows.min() >= side
    assert rows.max() < side + 64
    assert columns.min() >= side
    assert columns.max() < side + 64


def test_names_are_drawn_beside_and_above():
    one, other = (confusion_matrix_image(np.eye(2, dtype=int), [name, "b"]) for name in ("mi", "im"))
    changed = (one != other).any(axis=-1)
    edge = one.shape[0] - 6 - 2 * 64
    assert changed[:edge, edge:].any()
    assert changed[edge:, :edge].any()
    assert not changed[edge:, edge:].any()


@pytest.mark.parametrize("classes", [1, 2, 10, 60, 200])
def test_many_classes_stay_an_image_of_moderate_size(classes):
    image = confusion_matrix_image(np.eye(classes, dtype=int), ["a rather long name of a class"] * classes)
    assert image.dtype == np.uint8
    assert image.shape[0] == image.shape[1] <= max(900, 4 * classes + 100)


@pytest.mark.parametrize("shape", [(2, 3), (3, 3), (4,)])
def test_counts_that_do_not_fit_the_names_are_refused(shape):
    with pytest.raises(ValueError, match=r"a name for each class. Received: shape"):
        confusion_matrix_image(np.zeros(shape, int), ["a", "b"])
