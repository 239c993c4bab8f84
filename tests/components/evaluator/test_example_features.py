import base64
import math

import numpy as np
import tensorflow as tf

from components.evaluator.example_features import MAX_IMAGE_BYTES, MAX_IMAGES, MAX_VALUES, rounded, shown_features


def _serialized(**features: object) -> bytes:
    example = tf.train.Example()
    for name, values in features.items():
        kinds = {bytes: "bytes_list", float: "float_list", int: "int64_list"}
        feature = example.features.feature[name]
        if values:
            getattr(feature, kinds[type(values[0])]).value.extend(values)
    return example.SerializeToString()


def _png(height: int, width: int) -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    return tf.io.encode_png(noise).numpy()


def test_numbers_and_texts_are_lists():
    text = _serialized(size=[1.0, math.pi], town=[b"Oslo \xff"], marks=[3], empty=[], label=[1])
    found = shown_features(text, without=["label"])
    assert found == {"size": [1.0, 3.14159], "town": ["Oslo \ufffd"], "marks": [3.0], "empty": []}


def test_a_small_image_stays_as_it_is():
    png = _png(8, 8)
    found = shown_features(_serialized(image=[png]), without=[])
    assert found == {"image": {"image": "png", "data": base64.b64encode(png).decode()}}


def test_a_large_image_becomes_a_thumbnail_of_its_shape():
    png = _png(200, 400)
    assert len(png) > MAX_IMAGE_BYTES
    shown = shown_features(_serialized(image=[png]), without=[])["image"]
    assert shown["image"] == "jpeg"
    assert tf.io.decode_image(base64.b64decode(shown["data"])).shape == (80, 160, 3)


def test_of_many_images_and_values_the_first_are_shown():
    found = shown_features(_serialized(image=[_png(2, 2)] * 20, rows=[0.5] * 5000), without=[])
    assert (len(found["image"]), len(found["rows"])) == (MAX_IMAGES, MAX_VALUES)


def test_what_is_no_number_has_none():
    assert rounded(np.array([b"cat"], object)) == ()
    assert math.isnan(rounded(np.array([math.nan]))[0])
