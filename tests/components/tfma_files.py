"""What TFMA leaves in Evaluator's and EdgeEvaluator's artifacts, written without a Beam pipeline."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import tensorflow as tf
from tensorflow_model_analysis.proto import metrics_for_slice_pb2, validation_result_pb2

# (model, metric) -> value; text is what TFMA writes of a metric that is no number.
Values = Mapping[tuple[str, str], float | str]


def write_tfma_files(
    directory: Path, slices: Mapping[str, Values], *, failures: Iterable[tuple[str, str, str]] = ()
) -> str:
    """Writes metrics and validations; returns the directory as a URI.

    Args:
      directory: to write to.
      slices: of all examples (``) and of the values of `label`; ` change` after a metric's name makes it a change.
      failures: (slice, model, metric) that broke a threshold.
    """
    validation = validation_result_pb2.ValidationResult()
    with tf.io.TFRecordWriter(str(directory / "metrics-00000-of-00001.tfrecord")) as writer:
        for label, values in slices.items():
            row = metrics_for_slice_pb2.MetricsForSlice()
            row.slice_key.CopyFrom(_slice_key(label))
            for (model, metric), value in values.items():
                item = row.metric_keys_and_values.add(key=_key(model, metric))
                if isinstance(value, str):
                    item.value.bytes_value = value.encode()
                else:
                    item.value.double_value.value = value
            writer.write(row.SerializeToString())
    for label, model, metric in failures:
        failed = validation.metric_validations_per_slice.add(slice_key=_slice_key(label))
        failed.failures.add(metric_key=_key(model, metric))
    with tf.io.TFRecordWriter(str(directory / "validations.tfrecord")) as writer:
        writer.write(validation.SerializeToString())
    return str(directory)


def _key(model: str, metric: str) -> metrics_for_slice_pb2.MetricKey:
    name, _, change = metric.partition(" ")
    return metrics_for_slice_pb2.MetricKey(name=name, model_name=model, is_diff=bool(change))


def _slice_key(label: str) -> metrics_for_slice_pb2.SliceKey:
    key = metrics_for_slice_pb2.SliceKey()
    if label:
        key.single_slice_keys.add(column="label", int64_value=int(label))
    return key
