"""Ops that TFLite lacks: refused, or allowed by name."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from compression.conversion.convert import ConversionError, convert, export_for_conversion
from compression.conversion.request import ConversionRequest
from compression.conversion.worker import check_select_ops
from compression.files.file_ops import open_file, select_ops
from serving.flex_delegate import has_flex_delegate

pytestmark = pytest.mark.usefixtures("conversions_in_this_process")


class Orthogonal(keras.layers.Layer):
    def call(self, x):
        return tf.linalg.qr(x)[1]


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    x = keras.Input((4, 4), name="x")
    directory = tmp_path_factory.mktemp("qr")
    export_for_conversion(keras.Model({"x": x}, {"y": Orthogonal(name="gate")(x) * 2.0}), directory / "saved_model")
    convert(directory / "saved_model", {"float32": directory / "a.tflite"}, select_ops=["tf.Qr"])
    return directory


def request(directory, precision: str, *allowed: str) -> ConversionRequest:
    return ConversionRequest(
        saved_model=str(directory / "saved_model"), signature="predict", precisions=(precision,), select_ops=allowed
    )


def test_what_is_allowed_is_in_the_file(directory):
    assert select_ops((directory / "a.tflite").read_bytes()) == ["tf.Qr"]


@pytest.mark.skipif(not has_flex_delegate(), reason="this TensorFlow has no Flex delegate")
def test_what_is_allowed_runs_in_tensorflows_interpreter(directory):
    x = np.eye(4, dtype=np.float32)[None] + 0.1
    answer = open_file(directory / "a.tflite").get_signature_runner()(x=x)["y"]
    np.testing.assert_allclose(np.abs(answer), 2 * np.abs(np.linalg.qr(x[0])[1])[None], atol=1e-5)


def test_an_op_that_is_not_among_those_allowed_is_named_with_its_layer(directory):
    with pytest.raises(ConversionError, match=r"must be named in select_ops\. Received: tf\.Qr \(gate\)"):
        check_select_ops((directory / "a.tflite").read_bytes(), request(directory, "float32", "tf.Svd"))


def test_a_precision_that_needs_calibration_is_refused(directory):
    with pytest.raises(ConversionError, match=r"cannot be calibrated.* Received: tf\.Qr and int8"):
        check_select_ops((directory / "a.tflite").read_bytes(), request(directory, "int8", "tf.Qr"))
