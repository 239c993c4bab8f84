import io
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from etils import epath
from google.protobuf import text_format
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.plugins.hparams import metadata as hparams_metadata
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig
from tensorboard.plugins.projector.projector_plugin import _read_tensor_tsv_file

from training.writers import TensorBoardWriter
from training.writers.event_files import drop_steps_after


def _read(directory) -> EventAccumulator:
    return EventAccumulator(str(directory), size_guidance={"tensors": 0}).Reload()


def _tensors(directory, tag: str) -> list[tuple[int, np.ndarray]]:
    return [(event.step, tf.make_ndarray(event.tensor_proto)) for event in _read(directory).Tensors(tag)]


def _plugin(directory, tag: str) -> str:
    return _read(directory).SummaryMetadata(tag).plugin_data.plugin_name


def test_scalars(tmp_path):
    writer = TensorBoardWriter(tmp_path)
    writer.scalars(1, {"train/loss": 0.5, "a": 1})
    writer.scalars(7, {"train/loss": math.nan})
    writer.close()
    (first, value), (second, nan) = _tensors(tmp_path, "train/loss")
    assert (first, value, second) == (1, 0.5, 7)
    assert np.isnan(nan)
    assert _plugin(tmp_path, "a") == "scalars"


def test_histograms_count_all_finite_elements(tmp_path):
    values = np.append(np.random.default_rng(0).normal(size=(10, 50)), [np.nan, np.inf])
    writer = TensorBoardWriter(tmp_path)
    writer.histograms(2, {"w": values, "constant": np.full((2, 2), 3.0), "none": np.array([np.nan])})
    writer.close()
    [(step, buckets)] = _tensors(tmp_path, "w")
    assert step == 2
    assert buckets.shape == (30, 3)
    assert buckets[:, 2].sum() == 500
    assert buckets[0, 0] == pytest.approx(values[:500].min())
    assert buckets[-1, 1] == pytest.approx(values[:500].max())
    assert _plugin(tmp_path, "w") == "histograms"
    [(_, constant)] = _tensors(tmp_path, "constant")
    assert constant[:, 2].sum() == 4


def _images(directory, tag: str) -> list[np.ndarray]:
    [(_, (_, _, *pngs))] = _tensors(directory, tag)
    return [np.asarray(Image.open(io.BytesIO(png))) for png in pngs]


def test_images(tmp_path):
    images = np.stack([np.full((4, 3, 1), shade) for shade in (0.0, 0.2, 1.0, 0.4)])
    writer = TensorBoardWriter(tmp_path)
    writer.images(0, {"inputs": images})
    writer.close()
    assert [(image.shape, image[0, 0]) for image in _images(tmp_path, "inputs")] == [
        ((4, 3), 0),
        ((4, 3), 51),
        ((4, 3), 255),
        ((4, 3), 102),
    ]
    assert _plugin(tmp_path, "inputs") == "images"


def test_the_confusion_matrix_is_an_image(tmp_path):
    writer = TensorBoardWriter(tmp_path)
    writer.confusion_matrix(3, np.eye(2, dtype=int), ["a", "b"])
    writer.close()
    [image] = _images(tmp_path, "confusion_matrix")
    assert image.shape[-1] == 3
    assert [8, 48, 107] in image.reshape(-1, 3).tolist()


def test_pr_curves(tmp_path):
    labels, scores = np.array([True, True, False, False]), np.array([0.9, 0.4, 0.6, 0.1], np.float32)
    writer = TensorBoardWriter(tmp_path)
    writer.pr_curves(5, {"pr/cat": (labels, scores)})
    writer.close()
    [(step, curve)] = _tensors(tmp_path, "pr/cat/pr_curves")
    assert step == 5
    # Rows: true and false positives, true and false negatives, precision, recall. By hand, at a threshold of 0.5.
    np.testing.assert_allclose(curve[:, 100], [1, 1, 1, 1, 0.5, 0.5])
    assert _plugin(tmp_path, "pr/cat/pr_curves") == "pr_curves"


def test_hparams(tmp_path):
    writer = TensorBoardWriter(tmp_path)
    writer.hparams({"rate": 0.1, "epochs": 3, "kind": "adam", "nesterov": True})
    writer.close()
    content = _read(tmp_path).SummaryMetadata(hparams_metadata.SESSION_START_INFO_TAG).plugin_data.content
    found = hparams_metadata.parse_session_start_info_plugin_data(content).hparams
    assert found["rate"].number_value == 0.1
    assert found["epochs"].number_value == 3
    assert found["kind"].string_value == "adam"
    assert found["nesterov"].bool_value


def test_embeddings_lie_where_the_projector_looks(tmp_path):
    writer = TensorBoardWriter(tmp_path)
    writer.embeddings(1, "block/out", np.zeros((2, 3)), ["x", "y"])
    vectors = np.array([[1.5, -2e-7, 3e10], [0, 1 / 3, 2]])
    writer.embeddings(2, "block/out", vectors, ["a cat", "a\tdog\n"])
    writer.embeddings(2, "other", np.ones((1, 2)), ["z"])
    config = text_format.Parse((tmp_path / "projector_config.pbtxt").read_text(), ProjectorConfig())
    first, second = config.embeddings
    assert (first.tensor_name, second.tensor_name) == ("block/out", "other")
    np.testing.assert_allclose(_read_tensor_tsv_file(str(tmp_path / first.tensor_path)), vectors, rtol=1e-5)
    assert (tmp_path / first.metadata_path).read_text().splitlines() == ["a cat", "a dog"]


def test_graph(tmp_path):
    x = keras.Input((2,), name="x")
    model = keras.Model(x, keras.layers.Dense(1, name="head")(x))
    function = tf.function(lambda x: model(x, training=False)).get_concrete_function(tf.TensorSpec((None, 2)))
    writer = TensorBoardWriter(tmp_path)
    writer.graph(function)
    writer.close()
    assert any("head" in node.name and node.op == "MatMul" for node in _read(tmp_path).Graph().node)


def test_text(tmp_path):
    writer = TensorBoardWriter(tmp_path)
    writer.text(1, {"notes": "**hello**"})
    writer.close()
    assert _tensors(tmp_path, "notes") == [(1, b"**hello**")]
    assert _plugin(tmp_path, "notes") == "text"


def _write(writer: TensorBoardWriter, *steps: int) -> None:
    for step in steps:
        writer.scalars(step, {"loss": step})
    writer.close()


def _steps(directory) -> list[int]:
    """Of all files, whatever their order."""
    return sorted(
        event.step for path in directory.iterdir() for event in EventFileLoader(str(path)).Load() if event.step
    )


def test_on_resume_each_step_is_there_once(tmp_path):
    _write(TensorBoardWriter(tmp_path), 10, 20, 30, 40)
    _write(TensorBoardWriter(tmp_path, resume_step=20), 30, 50)
    assert _steps(tmp_path) == [10, 20, 30, 50]
    assert len([*tmp_path.iterdir()]) == 2


def test_without_a_resume_step_nothing_is_dropped(tmp_path):
    _write(TensorBoardWriter(tmp_path), 10, 20)
    _write(TensorBoardWriter(tmp_path), 10)
    assert _steps(tmp_path) == [10, 10, 20]


def test_a_file_without_later_steps_stays_as_it_is(tmp_path):
    _write(TensorBoardWriter(tmp_path), 10, 20)
    [path] = tmp_path.iterdir()
    before = path.stat()
    drop_steps_after(epath.Path(tmp_path), 20)
    # Reading it may change when it was last read.
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_the_event_that_a_kill_tore_is_dropped(tmp_path):
    _write(TensorBoardWriter(tmp_path), 10, 20, 30)
    [path] = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-5])
    _write(TensorBoardWriter(tmp_path, resume_step=30), 40)
    assert _steps(tmp_path) == [10, 20, 40]


def test_nothing_is_touched_before_the_first_call(tmp_path):
    writer = TensorBoardWriter(tmp_path / "new", resume_step=3)
    writer.flush()
    writer.close()
    assert not (tmp_path / "new").exists()


def test_a_negative_step_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"at least 0. Received: -1"):
        TensorBoardWriter(tmp_path, resume_step=-1)
