import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from components.data_gate.executor import anomaly_findings, count_finding, missing_values
from tasks.loading import TaskSpec


@pytest.fixture
def schema():
    schema = schema_pb2.Schema()
    label = schema.feature.add(name="label", type=schema_pb2.INT)
    label.int_domain.CopyFrom(schema_pb2.IntDomain(min=0, max=3, is_categorical=True))
    return schema


@pytest.fixture
def statistics():
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    dataset = statistics.datasets.add(num_examples=12)
    feature = dataset.features.add()
    feature.path.step.append("label")
    for value in ("0", "3"):
        feature.string_stats.rank_histogram.buckets.add(label=value, sample_count=6)
    return statistics


@pytest.mark.parametrize(("fewest", "passed"), [(12, True), (13, False)])
def test_counts_examples(statistics, fewest, passed):
    finding = count_finding("eval", statistics, fewest)
    assert (finding.value, finding.passed, finding.limit) == (12, passed, f">= {fewest}")


def test_a_split_without_statistics_has_no_examples():
    assert not count_finding("eval", statistics_pb2.DatasetFeatureStatisticsList(), 1).passed


def test_names_the_missing_values(statistics, schema):
    assert missing_values("label", statistics, schema) == ["1", "2"]


def test_names_what_the_missing_values_stand_for(statistics, schema):
    schema.feature[0].annotation.tag.extend(["ant", "bee", "cat", "dog"])
    assert missing_values("label", statistics, schema) == ["bee", "cat"]


def test_the_schema_of_images_names_their_classes():
    """By TFDV itself, over examples that lack a class in the middle."""
    source = {"kind": "tfrecord", "directory": "/none", "classes": ["ant", "bee", "cat"]}
    options = {"source": source, "height": 8, "width": 8}
    task = TaskSpec(task="tasks.image_classification.ImageClassification", options=options).load()
    frame = pd.DataFrame({"image": ["a", "b", "c"], "label": [0, 2, 2]})
    split = tfdv.generate_statistics_from_dataframe(frame, tfdv.StatsOptions(schema=task.schema()), n_jobs=1)
    anomalies = tfdv.validate_statistics(split, task.schema())
    [finding] = anomaly_findings("train", anomalies, split, task.schema(), ignored=["image"])
    assert finding.metric == "feature label"
    assert finding.value.endswith("Missing: bee.")


def test_every_anomaly_is_a_finding(statistics, schema):
    anomalies = anomalies_pb2.Anomalies()
    anomalies.anomaly_info["label"].description = "Too few values."
    anomalies.anomaly_info["image"].description = "Gone."
    findings = anomaly_findings("test", anomalies, statistics, schema, ignored=["image"])
    assert [(finding.metric, finding.passed) for finding in findings] == [
        ("feature image", True),
        ("feature label", False),
    ]
    assert findings[1].value == "Too few values. Missing: 1, 2."


def test_no_anomaly_is_a_finding_that_passed(statistics, schema):
    [finding] = anomaly_findings("test", anomalies_pb2.Anomalies(), statistics, schema, ignored=[])
    assert finding.passed


def test_an_anomaly_of_the_whole_dataset_counts(statistics, schema):
    anomalies = anomalies_pb2.Anomalies()
    anomalies.dataset_anomaly_info.description = "No examples."
    [finding] = anomaly_findings("test", anomalies, statistics, schema, ignored=[])
    assert (finding.metric, finding.passed) == ("feature dataset", False)
