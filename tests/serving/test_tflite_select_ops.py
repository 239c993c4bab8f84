"""A file with ops that only TensorFlow's interpreter has."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from serving.flex_delegate import has_flex_delegate
from serving.tflite import TFLiteModel, TFLiteModelError


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    tmp_path = tmp_path_factory.mktemp("qr")
    module = tf.Module()
    module.function = tf.function(lambda x: {"y": tf.linalg.qr(x)[1]})
    specs = [tf.TensorSpec([1, 3, 3], tf.float32, name="x")]
    signatures = {"predict": module.function.get_concrete_function(*specs)}
    tf.saved_model.save(module, str(tmp_path), signatures=signatures)
    converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path), signature_keys=["predict"])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
    (tmp_path / "a.tflite").write_bytes(converter.convert())
    return tmp_path / "a.tflite"


@pytest.mark.skipif(not has_flex_delegate(), reason="this TensorFlow has no Flex delegate")
def test_it_runs_on_batches(path):
    x = np.random.default_rng(0).normal(size=(3, 3, 3)).astype(np.float32)
    answer = TFLiteModel(path).predict({"x": x})["y"]
    np.testing.assert_allclose(np.abs(answer), np.abs([np.linalg.qr(each)[1] for each in x]), atol=1e-5)


@pytest.mark.skipif(has_flex_delegate(), reason="this TensorFlow has the Flex delegate")
def test_without_the_delegate_it_is_refused_by_its_reason(path):
    with pytest.raises(TFLiteModelError, match=r"need the Flex delegate.* Received: .*a\.tflite, which has select ops"):
        TFLiteModel(path)
