import pytest
import tensorflow as tf

from data.errors import DataError, SourceNotFoundError
from data.examples import image_defect, labelled_image
from data.tfrecord import TFRecords


@pytest.fixture
def folder(tmp_path):
    image = tf.io.encode_png(tf.zeros([2, 2, 1], tf.uint8)).numpy()
    for split in ("train", "eval", "test"):
        (tmp_path / split).mkdir()
        with tf.io.TFRecordWriter(str(tmp_path / split / "part-0")) as writer:
            for label in range(3):
                writer.write(labelled_image(image, label).SerializeToString())
    return tmp_path


def _source(folder) -> TFRecords:
    return TFRecords(kind="tfrecord", directory=folder, classes=("a", "b", "c"))


def test_reads_examples_with_their_place(folder):
    pairs = list(_source(folder).examples("train/part-0"))
    assert [origin for origin, _ in pairs] == [f"train/part-0 record {index}" for index in range(3)]
    assert [example.features.feature["label"].int64_list.value[0] for _, example in pairs] == [0, 1, 2]


def test_a_flipped_byte_is_found_and_placed(folder):
    path = folder / "train" / "part-0"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"train/part-0 record 1: not a readable tf.Example"):
        list(_source(folder).examples("train/part-0"))


def test_a_truncated_file_is_found(folder):
    path = folder / "train" / "part-0"
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(DataError, match="train/part-0 record 2"):
        list(_source(folder).examples("train/part-0"))


def test_a_record_that_is_no_example_is_found(folder):
    with tf.io.TFRecordWriter(str(folder / "train" / "part-1")) as writer:
        writer.write(b"\xff\xff\xff")
    with pytest.raises(DataError, match="train/part-1 record 0"):
        list(_source(folder).examples("train/part-1"))


def test_a_missing_split_is_named(folder):
    (folder / "eval" / "part-0").unlink()
    with pytest.raises(SourceNotFoundError, match=r"eval, which is empty"):
        _source(folder).fingerprint()


def test_what_is_no_image_is_a_defect():
    assert "Unknown image file format" in image_defect(labelled_image(b"nothing of the kind", 0))


def test_a_truncated_image_is_a_defect():
    image = tf.io.encode_jpeg(tf.zeros([64, 64, 3], tf.uint8)).numpy()
    assert image_defect(labelled_image(image[: len(image) // 2], 0)) is not None


def test_a_whole_image_is_no_defect():
    assert image_defect(labelled_image(tf.io.encode_png(tf.zeros([2, 2, 1], tf.uint8)).numpy(), 0)) is None
