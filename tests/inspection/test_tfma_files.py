"""What is read without TFMA, held against what TFMA wrote and what it reads itself."""

import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from etils import epath
from tensorflow_model_analysis.proto import metrics_for_slice_pb2

from inspection.evaluation_results import read_confusion, read_metrics
from inspection.tfma_files import read_messages
from tests.components.tfma_files import write_tfma_files


def test_metrics_are_those_that_tfma_reads(tmp_path):
    values = {("candidate", "accuracy"): 0.75, ("candidate", "accuracy change"): 0.5, ("candidate", "text"): "nothing"}
    write_tfma_files(tmp_path, {"": values, "0": {("candidate", "accuracy"): 0.0}})
    expected = [
        (item.key.model_name, item.key.name, item.value.double_value.value)
        for row in tfma.load_metrics(str(tmp_path))
        for item in row.metric_keys_and_values
        if item.value.HasField("double_value") and not item.key.is_diff
    ]
    found = read_metrics(tmp_path)
    assert [(each.model, each.metric, each.value) for each in found] == expected
    assert [each.where for each in found] == ["", "label=0"]


@pytest.mark.parametrize(
    ("kind", "value", "name"), [("bytes_value", b"caf\xc3\xa9", "x=café"), ("float_value", 0.5, "x=0.5")]
)
def test_a_slice_of_any_kind_has_its_name_and_its_interval(tmp_path, kind, value, name):
    row = metrics_for_slice_pb2.MetricsForSlice()
    row.slice_key.single_slice_keys.add(column="x", **{kind: value})
    item = row.metric_keys_and_values.add(key=metrics_for_slice_pb2.MetricKey(name="accuracy"))
    item.value.double_value.value = 0.5
    item.confidence_interval.lower_bound.double_value.value = 0.25
    item.confidence_interval.upper_bound.double_value.value = 0.75
    _write(tmp_path / "metrics-00000-of-00001.tfrecord", row)
    [found] = read_metrics(tmp_path)
    assert (found.where, found.low, found.high) == (name, 0.25, 0.75)


def test_confusion_counts_actual_by_predicted(tmp_path):
    row = metrics_for_slice_pb2.PlotsForSlice()
    item = row.plot_keys_and_values.add(key=metrics_for_slice_pb2.PlotKey(model_name="candidate"))
    matrix = item.value.multi_class_confusion_matrix_at_thresholds.matrices.add()
    for actual, predicted, count in ((0, 0, 3), (1, 0, 1), (1, 1, 4), (1, -1, 9)):
        matrix.entries.add(actual_class_id=actual, predicted_class_id=predicted, num_weighted_examples=count)
    _write(tmp_path / "plots-00000-of-00001.tfrecord", row)
    assert read_confusion(tmp_path, "candidate").tolist() == [[3, 0], [1, 4]]
    assert read_confusion(tmp_path, "baseline") is None


def test_a_file_that_was_cut_off_is_refused(tmp_path):
    write_tfma_files(tmp_path, {"": {("", "accuracy"): 0.5}})
    path = tmp_path / "metrics-00000-of-00001.tfrecord"
    path.write_bytes(path.read_bytes()[:-6])
    with pytest.raises(ValueError, match="must end with a whole record"):
        list(read_messages(epath.Path(tmp_path), "metrics"))


def _write(path, message) -> None:
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(message.SerializeToString())
