import re
from itertools import pairwise

import pytest
from tensorflow_metadata.proto.v0 import statistics_pb2

from inspection.drift import MAX_FEATURES, drift_charts
from records.findings import Finding

QUANTILES = statistics_pb2.Histogram.QUANTILES


def _dataset(name, *, quantiles, counts):
    dataset = statistics_pb2.DatasetFeatureStatistics(name=name)
    price = dataset.features.add(name="price", type=statistics_pb2.FeatureNameStatistics.FLOAT)
    histogram = price.num_stats.histograms.add(type=QUANTILES)
    for low, high in pairwise(quantiles):
        histogram.buckets.add(low_value=low, high_value=high, sample_count=2)
    colour = dataset.features.add(name="colour", type=statistics_pb2.FeatureNameStatistics.STRING)
    for value, count in counts.items():
        colour.string_stats.rank_histogram.buckets.add(label=value, sample_count=count)
    return dataset


@pytest.fixture
def statistics(tmp_path):
    """Of a run's train split, in a folder that holds the file of what passed last, too."""
    now = statistics_pb2.DatasetFeatureStatisticsList(
        datasets=[_dataset("", quantiles=[0.0, 2.0, 10.0], counts={"red": 3, "green": 1})]
    )
    then = statistics_pb2.DatasetFeatureStatisticsList(
        datasets=[
            _dataset("eval", quantiles=[7.0, 8.0, 9.0], counts={"red": 1}),
            _dataset("train", quantiles=[0.0, 1.0, 9.0], counts={"red": 2, "blue": 2}),
        ]
    )
    (tmp_path / "Split-train").mkdir()
    (tmp_path / "Split-train" / "FeatureStats.pb").write_bytes(now.SerializeToString())
    (tmp_path / "then.pb").write_bytes(then.SerializeToString())
    return tmp_path


def _finding(statistics, metric: str, value: float = 0.5, *, passed: bool = True) -> Finding:
    return Finding(
        gate="data", metric=metric, where="split train", value=value, limit="<= 0.1 + 0.02 by chance (L-infinity)",
        passed=passed, against=str(statistics / "then.pb"),
    )  # fmt: skip


def test_a_numeric_feature_is_drawn_by_its_quantiles(statistics):
    [(title, chart)] = drift_charts(statistics, [_finding(statistics, "drift of price", passed=False)])
    assert title == "price, split train: 0.5, allowed <= 0.1 + 0.02 by chance (L-infinity)"
    assert re.findall(r'"x":(\[[^]]*\]),"y":(\[[^]]*\])', chart) == [
        ("[0.0,1.0,9.0]", "[0.0,0.5,1.0]"),
        ("[0.0,2.0,10.0]", "[0.0,0.5,1.0]"),
    ]


def test_a_categorical_feature_is_drawn_by_the_shares_of_all_its_values(statistics):
    [(_, chart)] = drift_charts(statistics, [_finding(statistics, "drift of colour")])
    assert re.findall(r'"x":(\[[^]]*\]),"y":(\[[^]]*\])', chart) == [
        ('["red","blue","green"]', "[0.5,0.5,0.0]"),
        ('["red","blue","green"]', "[0.75,0.0,0.25]"),
    ]


def test_what_was_refused_comes_first_and_then_the_largest(statistics):
    findings = [
        _finding(statistics, "drift of price", 0.9),
        _finding(statistics, "drift of colour", 0.2, passed=False),
    ]
    assert [title.partition(",")[0] for title, _ in drift_charts(statistics, findings)] == ["colour", "price"]


def test_of_many_features_some_are_drawn(statistics):
    findings = [_finding(statistics, f"drift of x{place}", 0.9) for place in range(MAX_FEATURES)]
    assert list(drift_charts(statistics, [*findings, _finding(statistics, "drift of price", 0.1)])) == []


def test_without_what_passed_last_there_is_nothing_to_draw(statistics):
    (statistics / "then.pb").unlink()
    assert list(drift_charts(statistics, [_finding(statistics, "drift of price")])) == []


def test_findings_of_other_gates_are_not_drawn(statistics):
    finding = Finding(gate="data", metric="examples", where="split train", value=3.0, limit=">= 1", passed=True)
    assert list(drift_charts(statistics, [finding])) == []
