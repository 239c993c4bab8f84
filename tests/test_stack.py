"""What the stacks take in another version than a distribution asks for."""

import farmhash
import pytest
import tensorflow as tf

TEXTS = ["", "a", "species", "petal_width", "a feature whose name has more than twenty-four characters", "é中"]


@pytest.mark.parametrize("text", TEXTS)
def test_farmhash_fingerprints_are_tensorflows(text):
    """TFDV compares examples by them in its skew detector. TensorFlow has FarmHash's own code."""
    expected = tf.fingerprint(tf.constant([text]), method="farmhash64").numpy()
    assert farmhash.fingerprint64(text) == int.from_bytes(expected.tobytes(), "little")


@pytest.mark.parametrize(
    ("text", "fingerprint"),
    zip(TEXTS, [3696677242, 1016544589, 266954677, 1813438852, 3930024489, 1152671775], strict=True),
)
def test_farmhash_partitions_features_as_the_version_that_tfdv_asks_for(text, fingerprint):
    """Computed by pyfarmhash 0.3.2."""
    assert farmhash.fingerprint32(text) == fingerprint
