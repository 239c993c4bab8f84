import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

from data.images.digits import Digits
from data.source import SPLITS, LabelledImages

DIGITS = Digits(kind="digits")


def _all() -> dict[str, list[tuple[str, tf.train.Example]]]:
    return {split: [pair for shard in DIGITS.shards(split) for pair in DIGITS.examples(shard)] for split in SPLITS}


def test_is_a_source_of_labelled_images():
    assert isinstance(DIGITS, LabelledImages)


def test_every_scan_is_in_exactly_one_split():
    origins = [origin for pairs in _all().values() for origin, _ in pairs]
    assert len(origins) == len(set(origins)) == 1797


def test_images_keep_every_intensity():
    scans = load_digits()
    for origin, example in _all()["test"][:20]:
        index = int(origin.split("[")[1].rstrip("]"))
        pixels = tf.io.decode_png(example.features.feature["image"].bytes_list.value[0]).numpy()[..., 0]
        np.testing.assert_allclose(pixels / 255 * 16, scans.images[index], atol=16 / 255)
        assert example.features.feature["label"].int64_list.value[0] == scans.target[index]


def test_reading_twice_gives_the_same_bytes():
    first, second = ([e.SerializeToString(deterministic=True) for _, e in _all()["eval"]] for _ in range(2))
    assert first == second
