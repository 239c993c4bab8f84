"""A file with ops that only TensorFlow's interpreter has."""

import numpy as np
import tensorflow as tf

from serving.tflite import TFLiteModel


def test_it_runs_on_batches(tmp_path):
    module = tf.Module()
    module.function = tf.function(lambda x: {"y": tf.linalg.qr(x)[1]})
    specs = [tf.TensorSpec([1, 3, 3], tf.float32, name="x")]
    signatures = {"predict": module.function.get_concrete_function(*specs)}
    tf.saved_model.save(module, str(tmp_path), signatures=signatures)
    converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path), signature_keys=["predict"])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
    (tmp_path / "a.tflite").write_bytes(converter.convert())
    x = np.random.default_rng(0).normal(size=(3, 3, 3)).astype(np.float32)
    answer = TFLiteModel(tmp_path / "a.tflite").predict({"x": x})["y"]
    np.testing.assert_allclose(np.abs(answer), np.abs([np.linalg.qr(each)[1] for each in x]), atol=1e-5)
