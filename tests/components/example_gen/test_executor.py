"""ExampleGen over sources with examples that cannot be read."""

import apache_beam as beam
import pytest
import tensorflow as tf
from tfx.components.util import examples_utils
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils, standard_artifacts

from components.example_gen.executor import generate
from components.splits import split_files
from data.errors import DataError
from data.examples import labelled_image
from data.source import SPLITS
from records.repairs import read_repairs
from records.rows import read_rows
from tasks.loading import TaskSpec
from tests.components.points import SPEC

RECORDS = 30


@pytest.fixture
def folder(tmp_path):
    """TFRecords; of train one image is none."""
    image = tf.io.encode_png(tf.zeros([2, 2, 1], tf.uint8)).numpy()
    for split in SPLITS:
        (tmp_path / split).mkdir()
        with tf.io.TFRecordWriter(str(tmp_path / split / "part-0")) as writer:
            for number in range(RECORDS):
                is_broken = split == "train" and number == 4
                writer.write(labelled_image(b"none" if is_broken else image, number % 2).SerializeToString())
    return tmp_path


def _generate(folder, uri, **source) -> standard_artifacts.Examples:
    source = {"kind": "tfrecord", "directory": str(folder), "classes": ["a", "b"], **source}
    spec = TaskSpec(
        task="tasks.image_classification.ImageClassification", options={"source": source, "height": 8, "width": 8}
    )
    examples = standard_artifacts.Examples()
    examples.uri = str(uri)
    generate(task_spec=spec.model_dump_json(), examples=examples, pipeline=beam.Pipeline())
    return examples


def test_one_is_refused_by_its_place_and_in_plain_words(folder, tmp_path):
    with pytest.raises(DataError, match=r"Received 1 of 90 that are not:\n  train/part-0 record 4: Unknown image file"):
        _generate(folder, tmp_path / "out")


def test_those_that_may_be_left_out_are_counted_and_not_written(folder, tmp_path):
    examples = _generate(folder, tmp_path / "out", unreadable="skip", max_unreadable=0.02)
    assert read_repairs(examples.uri) == {"unreadable examples left out": 1}
    # Whoever reads a split takes all that lies in its directory.
    assert read_rows(examples.uri) == {"train": RECORDS - 1, "eval": RECORDS, "test": RECORDS}
    paths = [str(path) for path in (tmp_path / "out" / "Split-train").iterdir()]
    assert sum(1 for _ in tf.data.TFRecordDataset(paths, compression_type="GZIP")) == RECORDS - 1


def test_more_than_may_be_left_out_are_refused(folder, tmp_path):
    with pytest.raises(
        DataError, match=r"at most 1\.00% of the source's examples may be unreadable\. Received 1 of 90"
    ):
        _generate(folder, tmp_path / "out", unreadable="skip")


def test_a_file_that_breaks_off_is_never_left_out(folder, tmp_path):
    path = folder / "eval" / "part-0"
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(DataError, match=r"(?s)every example of the source must be readable.*eval/part-0 record 29"):
        _generate(folder, tmp_path / "out", unreadable="skip", max_unreadable=0.5)


def _generate_points(directory, **options) -> standard_artifacts.Examples:
    examples = standard_artifacts.Examples()
    examples.uri = str(directory)
    spec = SPEC.model_copy(update={"options": options})
    generate(task_spec=spec.model_dump_json(), examples=examples, pipeline=beam.Pipeline())
    return examples


@pytest.fixture(scope="module")
def points_without_eval(tmp_path_factory) -> standard_artifacts.Examples:
    """Points, of which the eval split is empty."""
    return _generate_points(tmp_path_factory.mktemp("points"), empty=["eval"])


def _records(examples: standard_artifacts.Examples, split: str) -> list[bytes]:
    files = split_files(examples, split)
    return list(tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator())


def test_the_examples_of_a_split_are_the_source_s_in_their_order(points_without_eval):
    expected = [example.SerializeToString(deterministic=True) for _, example in SPEC.load().examples("test")]
    assert _records(points_without_eval, "test") == expected


def test_every_shard_is_a_file_that_says_of_how_many(points_without_eval):
    [file] = split_files(points_without_eval, "train")
    assert file.endswith("/Split-train/data_tfrecord-00000-of-00001.gz")


def test_an_empty_split_is_an_empty_file_for_the_data_gate_to_speak_of(points_without_eval):
    assert len(split_files(points_without_eval, "eval")) == 1
    assert _records(points_without_eval, "eval") == []
    assert read_rows(points_without_eval.uri)["eval"] == 0


def test_the_artifact_names_its_splits_and_what_it_holds(points_without_eval):
    assert artifact_utils.decode_split_names(points_without_eval.split_names) == ["train", "eval", "test"]
    assert examples_utils.get_payload_format(points_without_eval) == example_gen_pb2.FORMAT_TF_EXAMPLE


def test_a_source_that_nothing_was_repaired_of_has_no_repairs(points_without_eval):
    assert read_repairs(points_without_eval.uri) == {}
