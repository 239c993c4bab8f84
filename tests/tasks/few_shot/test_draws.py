"""Episodes that training draws: what is in them, and that they are the same from any step on."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tasks.few_shot.image_draws import ImageDraws, read_classes
from tasks.few_shot.sinusoid_draws import SinusoidDraws

BYTES, FLOATS = tf.io.VarLenFeature(tf.string), tf.io.VarLenFeature(tf.float32)
CLASSES, IMAGES = 4, 6


@pytest.fixture(scope="module")
def sinusoids(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("sinusoids") / "train.gz")
    with tf.io.TFRecordWriter(path, options="GZIP") as writer:
        for amplitude, phase in ((1.0, 0.0), (2.0, 0.5), (3.0, 1.0)):
            example = tf.train.Example()
            example.features.feature["amplitude"].float_list.value.append(amplitude)
            example.features.feature["phase"].float_list.value.append(phase)
            writer.write(example.SerializeToString())
    spec = {"amplitude": FLOATS, "phase": FLOATS}
    return SinusoidDraws([path], spec, x=(-5.0, 5.0), shot=3, queries=2)


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Class c's image i is grey 10 · c + i in its upper left pixel alone; the last class has fewer images."""
    path = str(tmp_path_factory.mktemp("images") / "train.gz")
    with tf.io.TFRecordWriter(path, options="GZIP") as writer:
        for number in range(CLASSES):
            example = tf.train.Example()
            for index in range(IMAGES if number < CLASSES - 1 else 3):
                pixels = np.zeros((2, 2), np.uint8)
                pixels[0, 0] = 10 * (number + 1) + index
                stream = io.BytesIO()
                Image.fromarray(pixels).save(stream, "png")
                example.features.feature["images"].bytes_list.value.append(stream.getvalue())
            writer.write(example.SerializeToString())
    stored = read_classes([path], {"images": BYTES}, image_shape=(2, 2, 1))
    return lambda is_rotated: ImageDraws(*stored, is_rotated=is_rotated, way=3, shot=2, queries=1)


def _flat(batch):
    return [np.asarray(value) for value in tf.nest.flatten(batch)]


def test_drawn_points_lie_on_one_stored_sinusoid(sinusoids):
    episodes, targets = next(iter(sinusoids.shuffled(8, seed=0)(0)))
    for task in range(8):
        x = np.concatenate([episodes["support_x"][task], episodes["query_x"][task]])[:, 0]
        y = np.concatenate([episodes["support_y"][task], targets["query_y"][task]])[:, 0]
        fits = [np.abs(a * np.sin(x - p) - y).max() for a, p in ((1.0, 0.0), (2.0, 0.5), (3.0, 1.0))]
        assert min(fits) < 1e-5


def test_an_episode_holds_each_class_as_often_as_it_should_and_no_image_twice(images):
    episodes, targets = next(iter(images(False).shuffled(16, seed=0)(0)))
    for task in range(16):
        support = np.rint(np.max(episodes["support_x"][task], axis=(1, 2, 3)) * 255).astype(int)
        query = np.rint(np.max(episodes["query_x"][task], axis=(1, 2, 3)) * 255).astype(int)
        assert len({*support, *query}) == 9
        owners = {label: value // 10 for label, value in zip(episodes["support_y"][task].numpy(), support, strict=True)}
        assert len(set(owners.values())) == 3
        assert [owners[label] for label in targets["query_y"][task].numpy()] == (query // 10).tolist()


def test_queries_name_their_class_among_all(images):
    _, targets = next(iter(images(False).shuffled(16, seed=0)(0)))
    episodes, _ = next(iter(images(False).shuffled(16, seed=0)(0)))
    query = np.rint(np.max(episodes["query_x"], axis=(2, 3, 4)) * 255).astype(int)
    np.testing.assert_array_equal(targets["query_class"], query // 10 - 1)


def test_turned_classes_are_classes_of_their_own(images):
    """All images of a class are turned alike."""
    episodes, _ = next(iter(images(True).shuffled(64, seed=0)(0)))
    places = np.argmax(np.reshape(episodes["support_x"], (64, 6, 4)), axis=-1)
    assert set(places.ravel()) == {0, 1, 2, 3}
    np.testing.assert_array_equal(places[:, ::2], places[:, 1::2])


@pytest.mark.parametrize("kind", ["sinusoids", "images"])
def test_a_reader_that_starts_later_gets_the_batches_that_follow(kind, sinusoids, images):
    after = (sinusoids if kind == "sinusoids" else images(False)).shuffled(2, seed=3)
    from_start = list(after(0).take(3))[2]
    for one, other in zip(_flat(from_start), _flat(next(iter(after(2)))), strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_seed_draws_other_episodes(sinusoids):
    first, second = (next(iter(sinusoids.shuffled(2, seed=seed)(0)))[0]["support_x"] for seed in (0, 1))
    assert not np.array_equal(first, second)
