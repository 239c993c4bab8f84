import math

import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2
from tfx.types import standard_artifacts
from tfx.utils import io_utils

from components.data_gate.anomalies import anomaly_findings, missing_values
from components.data_gate.executor import (
    check_data,
    count_finding,
    lost_findings,
    mean_findings,
    repair_findings,
)
from components.data_gate.options import DataGateConfig
from components.gates import GateRefused, refuse_if_failed
from records.findings import read_findings
from records.repairs import read_repairs, write_repairs
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


def test_rows_that_got_lost_before_the_statistics_are_refused(statistics):
    [finding] = lost_findings("train", statistics, {"train": 13})
    assert finding.refuses
    assert str(finding) == (
        "examples that StatisticsGen saw (split train) must be == 13, which ExampleGen wrote. Received: 12."
    )
    with pytest.raises(GateRefused, match=r"Run again; if Beam loses rows again, take another beam\.engine"):
        refuse_if_failed([finding])


@pytest.mark.parametrize("written", [{"train": 12}, {}])
def test_where_each_was_seen_or_nobody_counted_there_is_no_finding(statistics, written):
    assert lost_findings("train", statistics, written) == []


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
    [finding] = anomaly_findings("split train", anomalies, split, task.schema(), ignored=["image"])
    assert finding.metric == "feature label"
    assert finding.value.endswith("Missing: bee.")


def test_every_anomaly_is_a_finding(statistics, schema):
    anomalies = anomalies_pb2.Anomalies()
    anomalies.anomaly_info["label"].description = "Too few values."
    anomalies.anomaly_info["image"].description = "Gone."
    findings = anomaly_findings("split test", anomalies, statistics, schema, ignored=["image"])
    assert [(finding.metric, finding.passed) for finding in findings] == [
        ("feature image", True),
        ("feature label", False),
    ]
    assert findings[1].value == "Too few values. Missing: 1, 2."


def test_no_anomaly_is_a_finding_that_passed(statistics, schema):
    [finding] = anomaly_findings("split test", anomalies_pb2.Anomalies(), statistics, schema, ignored=[])
    assert finding.passed


def test_an_anomaly_of_the_whole_dataset_counts(statistics, schema):
    anomalies = anomalies_pb2.Anomalies()
    anomalies.dataset_anomaly_info.description = "No examples."
    [finding] = anomaly_findings("split test", anomalies, statistics, schema, ignored=[])
    assert (finding.metric, finding.passed) == ("feature dataset", False)


@pytest.fixture
def means():
    """Statistics of four examples, in which the mean of `missing` is 0.1."""
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    statistics.datasets.add(num_examples=4).features.add(name="missing").num_stats.mean = 0.1
    return statistics


@pytest.mark.parametrize(("limit", "passed"), [(0.1, True), (0.09, False)])
def test_a_mean_is_held_against_its_limit(means, limit, passed):
    [finding] = mean_findings("train", means, {"missing": limit})
    assert (finding.value, finding.passed, finding.where) == (0.1, passed, "split train")


def test_a_feature_that_is_not_there_does_not_pass(means):
    [finding] = mean_findings("train", means, {"mising": 1.0})
    assert math.isnan(finding.value)
    assert not finding.passed


def test_repairs_are_told_and_never_refused(tmp_path):
    write_repairs(str(tmp_path), {"absent rows": 5})
    [finding] = repair_findings(read_repairs(str(tmp_path)))
    assert (finding.metric, finding.value, finding.passed) == ("repaired: absent rows", 5, True)


@pytest.fixture
def check(schema, tmp_path):
    """DataGate over splits of so many examples each, of which each has the features' means and anomalies given."""

    def check(counts=None, *, repairs=None, mean=0.0, anomalies=None, **options):
        inputs = {
            "examples": standard_artifacts.Examples(),
            "statistics": standard_artifacts.ExampleStatistics(),
            "schema": standard_artifacts.Schema(),
            "anomalies": standard_artifacts.ExampleAnomalies(),
        }
        for name, artifact in inputs.items():
            artifact.uri = str(tmp_path / name)
        write_repairs(inputs["examples"].uri, repairs or {})
        io_utils.write_pbtxt_file(str(tmp_path / "schema" / "schema.pbtxt"), schema)
        for split, count in (counts or {"train": 4, "eval": 4, "test": 4}).items():
            statistics = statistics_pb2.DatasetFeatureStatisticsList()
            statistics.datasets.add(num_examples=count).features.add(name="missing").num_stats.mean = mean
            found = anomalies_pb2.Anomalies()
            for feature, description in (anomalies or {}).items():
                found.anomaly_info[feature].description = description
            files = {"statistics": ("FeatureStats.pb", statistics), "anomalies": ("SchemaDiff.pb", found)}
            for name, (file, message) in files.items():
                (tmp_path / name / f"Split-{split}").mkdir(parents=True, exist_ok=True)
                (tmp_path / name / f"Split-{split}" / file).write_bytes(message.SerializeToString())
        uri = str(tmp_path / "blessing")
        check_data(**inputs, data_gate=DataGateConfig(**options), passed_data=str(tmp_path / "passed"), uri=uri)
        return read_findings(uri)

    return check


def test_a_good_dataset_leaves_findings_of_every_split(check):
    findings = check(max_mean={"missing": 0.5})
    assert all(finding.passed for finding in findings)
    assert [(finding.metric, finding.where) for finding in findings] == [
        (metric, f"split {split}")
        for split in ("train", "eval", "test")
        for metric in ("examples", "anomalies", "mean of missing")
    ]


def _refusing(refusal) -> list[str]:
    return [str(finding) for finding in refusal.value.findings if finding.refuses]


def test_a_split_of_too_few_examples_is_refused(check, tmp_path):
    with pytest.raises(GateRefused) as refusal:
        check({"train": 4, "eval": 1, "test": 4}, min_examples={"eval": 2})
    assert _refusing(refusal) == ["examples (split eval) must be >= 2. Received: 1."]
    assert not (tmp_path / "blessing").exists()


def test_an_empty_split_is_refused_without_a_limit_of_its_own(check):
    with pytest.raises(GateRefused) as refusal:
        check({"train": 4, "eval": 4, "test": 0}, min_examples={"train": 2})
    assert _refusing(refusal) == ["examples (split test) must be >= 1. Received: 0."]


def test_requests_that_the_schema_does_not_allow_are_refused(check, schema, tmp_path):
    schema.default_environment.append("SERVING")
    (tmp_path / "logs.jsonl").write_text('{"label": 2}\n{"label": 7}\n')
    with pytest.raises(GateRefused, match=r"feature label \(serving logs\) must be as the schema says.*: 7"):
        check(skew={"logs": str(tmp_path / "logs.jsonl")})


def test_a_mean_that_is_too_high_is_refused_in_every_split(check):
    with pytest.raises(GateRefused) as refusal:
        check(mean=0.25, max_mean={"missing": 0.1})
    assert _refusing(refusal) == [
        f"mean of missing (split {split}) must be <= 0.1. Received: 0.25." for split in ("train", "eval", "test")
    ]


def test_an_anomaly_is_refused(check):
    with pytest.raises(GateRefused) as refusal:
        check(anomalies={"label": "Unexpected value."})
    [first, *_] = _refusing(refusal)
    assert first == "feature label (split train) must be as the schema says. Received: Unexpected value."


def test_an_anomaly_of_a_feature_to_ignore_is_told_and_stops_nothing(check):
    findings = check(anomalies={"label": "Unexpected value."}, ignore_anomalies=["label"])
    assert "Unexpected value." in [finding.value for finding in findings]


def test_repairs_are_told_first(check):
    assert str(check(repairs={"absent rows": 5})[0]) == "repaired: absent rows must be as allowed. Received: 5."


def test_without_a_section_for_drift_nothing_is_kept_to_compare_with(check, tmp_path):
    check()
    assert not (tmp_path / "passed").exists()


def test_data_that_passes_is_kept_to_compare_the_next_with(check, tmp_path):
    [finding] = [each for each in check(drift={}) if each.metric == "drift"]
    assert (finding.value, finding.applies) == ("no data has passed before", False)
    assert [file.name for file in (tmp_path / "passed").iterdir()] == ["000001.pb"]


def test_data_that_is_refused_is_not(check, tmp_path):
    with pytest.raises(GateRefused):
        check(min_examples={"train": 5}, drift={})
    assert not (tmp_path / "passed").exists()
