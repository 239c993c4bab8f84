import keras
import numpy as np
import pytest
import tensorflow as tf

from compression.conversion.convert import convert, export_for_conversion
from serving.peak_memory import _CLEAR, peak_memory_bytes
from serving.tflite import TFLiteModelError

pytestmark = pytest.mark.usefixtures("conversions_in_this_process")


def test_a_large_activation_is_seen(tmp_path):
    """One model's only activation is 4 MB, the other's 1,000 times smaller; nothing else differs."""
    peaks = {}
    for name, size in (("small", 32), ("large", 1024)):
        x = keras.Input((size, size, 1), name="x")
        y = keras.layers.Conv2D(1, 3, padding="same")(x)
        export_for_conversion(keras.Model({"x": x}, {"y": y}), tmp_path / name)
        convert(tmp_path / name, {"float32": tmp_path / f"{name}.tflite"})
        peaks[name] = peak_memory_bytes(tmp_path / f"{name}.tflite")
    if peaks["small"] is None:
        pytest.skip("this system does not tell a process's peak memory")
    # Input and output at the least; a convolution takes room to work in, though not without bound.
    assert 2 <= (peaks["large"] - peaks["small"]) / (4 * 1024**2) <= 12


@pytest.mark.skipif(not _CLEAR.exists(), reason="this system does not tell a process's peak memory")
def test_what_is_no_model_in_a_directory_with_modules_by_the_names_of_ours(tmp_path, monkeypatch):
    """Python looks into the working directory first."""
    (tmp_path / "serving.py").touch()
    (tmp_path / "a.tflite").write_bytes(bytes(100))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TFLiteModelError, match="must be a readable TFLite file"):
        peak_memory_bytes("a.tflite")


def test_what_is_no_model(tmp_path):
    (tmp_path / "a.tflite").write_bytes(np.zeros(100).tobytes())
    with pytest.raises(TFLiteModelError, match=r"a model must run\. Received: .*a\.tflite"):
        peak_memory_bytes(tmp_path / "a.tflite")


@pytest.mark.skipif(not _CLEAR.exists(), reason="this system does not tell a process's peak memory")
def test_a_saved_model_s_weights_are_seen(tmp_path):
    module = tf.Module()
    module.weights = tf.Variable(tf.ones([1024, 1024 * 8]))
    predict = tf.function(lambda x: {"y": tf.matmul(x, module.weights)})
    spec = tf.TensorSpec([None, 1024], tf.float32, name="x")
    tf.saved_model.save(module, str(tmp_path), signatures={"predict": predict.get_concrete_function(spec)})
    # 32 MB of weights. In a process of its own: here they could take the place of what other tests left.
    assert 32 <= peak_memory_bytes(tmp_path) / 1024**2 <= 128
