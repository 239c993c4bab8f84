"""What a loaded version takes."""

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from serving.tensor_info import ModelInputError
from slipway.pushed_model import PushedModel


@pytest.fixture
def version(tmp_path) -> Path:
    """Version 3 of a model that doubles an image of two pixels."""
    module = tf.Module()
    doubled = tf.function(lambda image: {"doubled": 2 * image})
    predict = doubled.get_concrete_function(tf.TensorSpec([None, 2], tf.float32, name="image"))
    tf.saved_model.save(module, str(tmp_path / "3"), signatures={"predict": predict})
    (tmp_path / "3" / "tflite").mkdir()
    (tmp_path / "3" / "tflite" / "labels.txt").write_text("cat\ndog")
    (tmp_path / "3" / "tflite" / "metadata.json").write_text(json.dumps({"input": "image: pixels in [0, 1]"}))
    return tmp_path / "3"


def test_it_says_what_it_is(version):
    model = PushedModel(version)
    assert (model.version, model.labels, model.takes) == (3, ("cat", "dog"), "image: pixels in [0, 1]")
    assert repr(model) == f"PushedModel({str(version)!r}, takes='image: pixels in [0, 1]')"
    np.testing.assert_array_equal(model.predict({"image": np.array([[0.5, 0.25]])})["doubled"], [[1.0, 0.5]])


def test_pixels_of_a_file_are_not_taken_for_shares(version):
    """They would be converted, and the answer be nonsense."""
    with pytest.raises(
        ModelInputError, match=r"image must be an array of float32 \(image: pixels in \[0, 1\]\)\. Received: uint8"
    ):
        PushedModel(version).predict({"image": np.array([[255, 0]], np.uint8)})
