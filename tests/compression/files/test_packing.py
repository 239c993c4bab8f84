import zipfile

import numpy as np
import tensorflow as tf

from compression.conversion.convert import export_for_conversion
from compression.files.packing import pack_files, unpack_files
from serving.tflite import TFLiteModel
from tests.compression.saved_models import dense

FILES = {"labels.txt": "zero\nöne\n", "model.json": '{"inputs": {}}'}


def test_what_is_packed_is_read_by_unzip_and_the_model_runs_delegated(tmp_path):
    kernel = np.arange(12, dtype=np.float32).reshape(4, 3)
    export_for_conversion(dense(kernel), tmp_path / "saved_model")
    converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "saved_model"), signature_keys=["predict"])
    path = tmp_path / "a.tflite"
    path.write_bytes(pack_files(converter.convert(), FILES))
    assert zipfile.ZipFile(path).read("labels.txt").decode() == FILES["labels.txt"]
    assert unpack_files(path.read_bytes()) == FILES
    model = TFLiteModel(path)
    assert model.delegated
    np.testing.assert_allclose(model.predict({"x": np.eye(4, dtype=np.float32)})["y"], kernel)


def test_the_same_content_gives_the_same_bytes():
    assert pack_files(b"model", FILES) == pack_files(b"model", FILES)


def test_a_file_without_an_archive_has_no_files():
    assert unpack_files(b"model") == {}
