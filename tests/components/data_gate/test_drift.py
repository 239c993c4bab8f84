"""Distances by TFDV against calculations by hand; chance against drawn samples and SciPy."""

import math

import numpy as np
import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from scipy.stats import kstwobign
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from components.data_gate.drift import OPAQUE, distances, drift_findings
from components.data_gate.options import DriftConfig
from components.data_gate.passed_data import PassedData

SPLITS = ("train", "eval", "test")


def _statistics(schema=None, **columns):
    options = tfdv.StatsOptions(schema=schema) if schema else tfdv.StatsOptions()
    return tfdv.generate_statistics_from_dataframe(pd.DataFrame(columns), options, n_jobs=1)


def _distances(now, then):
    return {each.feature: each for each in distances(now.datasets[0], then.datasets[0])}


def _colours(red: int, green: int, blue: int):
    return _statistics(colour=["red"] * red + ["green"] * green + ["blue"] * blue)


def test_of_a_categorical_feature_it_is_the_largest_change_of_a_share():
    found = _distances(_colours(50, 30, 20), _colours(30, 35, 35))["colour"]
    assert (found.measure, found.value) == ("L-infinity", pytest.approx(0.2))


def test_categorical_integers_are_compared_by_their_shares_too():
    schema = schema_pb2.Schema()
    label = schema.feature.add(name="label", type=schema_pb2.INT)
    label.int_domain.CopyFrom(schema_pb2.IntDomain(min=0, max=1, is_categorical=True))
    now, then = (_statistics(schema, label=[0] * ones + [1] * (10 - ones)) for ones in (6, 3))
    assert _distances(now, then)["label"].value == pytest.approx(0.3)


@pytest.mark.parametrize(("shift", "divergence"), [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0), (7.0, 1.0)])
def test_of_a_numeric_feature_it_is_the_divergence_of_its_quantiles(shift, divergence):
    # Uniform on [0, 1] and on [shift, 1 + shift]: one bit where they do not overlap.
    values = np.linspace(0, 1, 4001)
    found = _distances(_statistics(x=values + shift), _statistics(x=values))["x"]
    assert (found.measure, found.value) == ("Jensen-Shannon", pytest.approx(divergence, abs=0.005))


@pytest.mark.parametrize(("constant", "divergence"), [(0.7563281, 0.0), (0.75634, 1.0)])
def test_another_constant_is_a_whole_move_and_rounding_is_none(constant, divergence):
    assert _distances(_statistics(x=[constant] * 9), _statistics(x=[0.756328] * 9))["x"].value == divergence


def test_a_feature_that_only_one_has_or_that_has_another_type_is_not_compared():
    now, then = _statistics(x=[1.0, 2.0], kind=["a", "b"]), _statistics(y=[1.0, 2.0], kind=[1, 2])
    assert _distances(now, then) == {}


def test_plain_bytes_are_not_compared():
    image = _statistics(image=[b"\x89PNG\xff\xfe", b"\x89PNG\xff\xfd"])
    [feature] = image.datasets[0].features
    assert [bucket.label for bucket in feature.string_stats.rank_histogram.buckets] == [OPAQUE]
    assert _distances(image, image) == {}


def test_chance_is_that_of_shares_of_binomial_samples():
    # Two values, both with a share of 0.4 or 0.6 over 300 examples; 2.807 deviations hold 99.5 % of a normal variable.
    found = _distances(_colours(40, 60, 0), _colours(80, 120, 0))["colour"]
    assert found.chance == pytest.approx(2.807 * math.sqrt(0.4 * 0.6 * (1 / 100 + 1 / 200)), rel=1e-3)


def test_chance_is_that_of_two_samples_cumulative_shares():
    found = _distances(_statistics(x=np.arange(1000.0)), _statistics(x=np.arange(2000.0)))["x"]
    # The 0.99 quantile of Kolmogorov's distribution.
    assert found.chance == pytest.approx(kstwobign.ppf(0.99) * math.sqrt(1 / 1000 + 1 / 2000), rel=1e-3)


def test_chance_holds_what_samples_of_one_distribution_differ_by():
    rng = np.random.default_rng(0)
    pairs = [
        [_statistics(colour=rng.choice(["red", "green", "blue"], 400, p=[0.5, 0.3, 0.2])) for _ in range(2)]
        for _ in range(100)
    ]
    found = [_distances(now, then)["colour"] for now, then in pairs]
    # One in a hundred is expected above, at most; four have a probability below 0.02.
    assert sum(each.value > each.chance for each in found) < 4


def test_examples_count_and_not_their_values():
    few = _statistics(x=[np.arange(50.0), np.arange(50.0)])
    assert _distances(few, few)["x"].chance == pytest.approx(1.6276 * math.sqrt(1 / 2 + 1 / 2), rel=1e-3)


@pytest.fixture
def passed(tmp_path) -> PassedData:
    return PassedData(str(tmp_path / "passed"))


def _every_split(statistics, **others):
    return {split: others.get(split, statistics) for split in SPLITS}


def test_the_first_data_has_nothing_to_be_compared_with(passed):
    [finding] = drift_findings(_every_split(_colours(5, 3, 2)), passed, DriftConfig())
    assert (finding.value, finding.applies, finding.refuses) == ("no data has passed before", False, False)


def test_data_that_passed_is_not_compared_with_itself(passed):
    data = _every_split(_colours(5, 3, 2))
    passed.add(data)
    [finding] = drift_findings(data, passed, DriftConfig(max_distance=0))
    assert (finding.value, finding.applies) == ("the data that passed last is this data", False)


def test_a_feature_that_drifted_is_refused_in_its_split(passed):
    passed.add(_every_split(_colours(5000, 3000, 2000)))
    findings = drift_findings(
        _every_split(_colours(5000, 3000, 2000), eval=_colours(2000, 3000, 5000)), passed, DriftConfig()
    )
    assert [finding.passed for finding in findings] == [True, False, True]
    assert str(findings[1]) == (
        "drift of colour (split eval) must be <= 0.1 + 0.02 by chance (L-infinity). Received: 0.3."
    )
    assert findings[1].against == str(passed.newest())


@pytest.mark.parametrize(("limits", "is_passed"), [({"colour": 0.3}, True), ({"colour": 0.2}, False), ({}, False)])
def test_a_feature_can_have_a_limit_of_its_own(passed, limits, is_passed):
    passed.add(_every_split(_colours(5000, 3000, 2000)))
    [finding, *_] = drift_findings(_every_split(_colours(2000, 3000, 5000)), passed, DriftConfig(features=limits))
    assert finding.passed is is_passed


def test_a_limit_on_a_feature_that_cannot_be_compared_is_not_kept(passed):
    passed.add(_every_split(_colours(5, 3, 2)))
    findings = drift_findings(_every_split(_statistics(x=[1.0])), passed, DriftConfig(features={"colour": 0.1}))
    assert [(finding.value, finding.passed) for finding in findings] == [("not measured", False)] * 3


def test_of_small_splits_chance_excuses_more(passed):
    passed.add(_every_split(_colours(5000, 3000, 2000), test=_colours(5, 3, 2)))
    findings = drift_findings(_every_split(_colours(3, 4, 3)), passed, DriftConfig())
    assert findings[-1].passed
    assert findings[-1].value == pytest.approx(0.2)


def test_a_split_without_examples_has_no_feature_to_compare(passed):
    passed.add(_every_split(_colours(5, 3, 2)))
    empty = statistics_pb2.DatasetFeatureStatisticsList()
    empty.datasets.add(num_examples=0)
    findings = drift_findings(_every_split(_colours(5, 3, 3), test=empty), passed, DriftConfig())
    assert [finding.where for finding in findings] == ["split train", "split eval"]
