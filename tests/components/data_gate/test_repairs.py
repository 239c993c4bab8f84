import math

import pytest
from tensorflow_metadata.proto.v0 import statistics_pb2

from components.data_gate.executor import mean_findings, repair_findings
from records.repairs import read_repairs, write_repairs


@pytest.fixture
def statistics():
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    feature = statistics.datasets.add(num_examples=4).features.add(name="missing")
    feature.num_stats.mean = 0.1
    return statistics


@pytest.mark.parametrize(("limit", "passed"), [(0.1, True), (0.09, False)])
def test_a_mean_is_held_against_its_limit(statistics, limit, passed):
    [finding] = mean_findings("train", statistics, {"missing": limit})
    assert (finding.value, finding.passed, finding.where) == (0.1, passed, "split train")


def test_a_feature_that_is_not_there_does_not_pass(statistics):
    [finding] = mean_findings("train", statistics, {"mising": 1.0})
    assert math.isnan(finding.value)
    assert not finding.passed


def test_repairs_are_told_and_never_refused(tmp_path):
    write_repairs(str(tmp_path), {"absent rows": 5})
    [finding] = repair_findings(read_repairs(str(tmp_path)))
    assert (finding.metric, finding.value, finding.passed) == ("repaired: absent rows", 5, True)
