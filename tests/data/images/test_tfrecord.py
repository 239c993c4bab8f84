import re

import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from data.errors import DataError, SourceNotFoundError
from data.example_features import first_features
from data.examples import image_defect, labelled_image
from data.images.tfrecord import TFRecords
from data.source import SPLITS


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
        writer.write(labelled_image(b"", 1).SerializeToString())
    (origin, defect), (_, example) = _source(folder).examples("train/part-1")
    assert origin == "train/part-1 record 0"
    assert isinstance(defect, DataError)
    assert "not a readable tf.Example" in str(defect)
    assert example.features.feature["label"].int64_list.value[0] == 1


def test_a_missing_split_is_named(folder):
    (folder / "eval" / "part-0").unlink()
    with pytest.raises(SourceNotFoundError, match=r"eval, which is empty"):
        _source(folder).fingerprint()


NAMES = {"image": "image/encoded", "label": "image/class/label"}


@pytest.fixture
def renamed(folder):
    """The same with features of other names, and one more."""
    for split in SPLITS:
        path = folder / split / "part-0"
        examples = [tf.train.Example.FromString(r.numpy()) for r in tf.data.TFRecordDataset(str(path))]
        with tf.io.TFRecordWriter(str(path.with_suffix(".gz")), options="GZIP") as writer:
            for example in examples:
                feature = {NAMES[name]: value for name, value in example.features.feature.items()}
                feature["height"] = tf.train.Feature(int64_list=tf.train.Int64List(value=[2]))
                writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())
        path.unlink()
    return folder


FOUND = r"height \(1 int64\), image/class/label \(1 int64\), image/encoded \(1 bytes\)"


def test_features_may_have_other_names(renamed):
    names = {f"{what}_feature": name for what, name in NAMES.items()}
    source = TFRecords(kind="tfrecord", directory=renamed, classes=("a", "b", "c"), **names)
    found = [example.features.feature for _, example in source.examples("train/part-0.gz")]
    assert [feature["label"].int64_list.value[0] for feature in found] == [0, 1, 2]
    assert set(found[0]) == {"image", "label", "height"}
    assert re.fullmatch(FOUND, source.overview().facts["features"])
    assert [row[:2] for row in source.overview().rows] == [("train", 1), ("eval", 1), ("test", 1)]


def test_an_error_names_the_features_that_are_there(renamed):
    rule = r"must have the features image \(1 bytes\) and label \(1 int64\)\. Received: " + FOUND + r"\. Name yours"
    with pytest.raises(DataError, match=rule):
        _source(renamed).overview()
    for _, defect in _source(renamed).examples("train/part-0.gz"):
        assert re.search(rule, str(defect))


@pytest.mark.parametrize("content", [b"", b"no records at all, but a text", b"\xff" * 20])
def test_a_file_without_examples_is_told_before_it_is_read(folder, content):
    (folder / "train" / "part-0").write_bytes(content)
    with pytest.raises(DataError, match=r"part-0 must hold tf\.Examples"):
        _source(folder).overview()


@given(
    st.dictionaries(
        st.text(max_size=9),
        st.one_of(
            st.lists(st.binary(max_size=9), max_size=3),
            st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3),
            st.lists(st.floats(width=32), max_size=3),
        ),
    )
)
def test_features_are_told_as_tensorflow_reads_them(tmp_path_factory, values):
    """Against TensorFlow's own writer, whose empty lists have the kind of none."""
    lists = {bytes: "bytes_list", int: "int64_list", float: "float_list"}
    example = tf.train.Example()
    for name, found in values.items():
        example.features.feature[name].SetInParent()
        for value in found:
            getattr(example.features.feature[name], lists[type(value)]).value.append(value)
    path = tmp_path_factory.mktemp("a") / "part-0"
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(example.SerializeToString())
    told = {bytes: "bytes", int: "int64", float: "float"}
    expected = {name: f"{len(v)} {told[type(v[0])]}" if v else "nothing" for name, v in sorted(values.items())}
    assert first_features(path) == expected


def test_what_is_no_image_is_a_defect_without_the_names_of_kernels():
    assert image_defect(labelled_image(b"nothing of the kind", 0)).startswith("Unknown image file format")


def test_a_truncated_image_is_a_defect():
    image = tf.io.encode_jpeg(tf.zeros([64, 64, 3], tf.uint8)).numpy()
    assert image_defect(labelled_image(image[: len(image) // 2], 0)) is not None


def test_a_whole_image_is_no_defect():
    assert image_defect(labelled_image(tf.io.encode_png(tf.zeros([2, 2, 1], tf.uint8)).numpy(), 0)) is None
