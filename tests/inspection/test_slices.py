import pytest

from inspection.evaluation_results import MetricValue
from inspection.slices import metric_names, slice_rows


def _value(metric: str, where: str, value: float, model: str = "candidate") -> MetricValue:
    return MetricValue(model=model, where=where, metric=metric, value=value)


VALUES = [
    _value("example_count", "", 100),
    _value("accuracy", "", 0.75),
    _value("accuracy", "", 0.5, "baseline"),
    _value("loss", "", 1.0),
    _value("example_count", "label=0", 20),
    _value("accuracy", "label=0", 0.9),
    _value("loss", "label=0", 0.5),
    _value("example_count", "label=1", 80),
    _value("accuracy", "label=1", 0.7),
    _value("loss", "label=1", 1.5),
]


def _rows(metric: str):
    names = {"label=0": "cat"}
    return slice_rows(VALUES, metric, model="candidate", baseline="baseline", names=names)


def test_the_worst_slice_follows_all_examples():
    assert [row.name for row in _rows("accuracy")] == ["all examples", "label=1", "cat"]
    assert [row.name for row in _rows("loss")] == ["all examples", "label=1", "cat"]


def test_a_share_has_the_interval_of_its_number_of_examples():
    overall, worst, _ = _rows("accuracy")
    assert (overall.examples, worst.examples) == (100, 80)
    # By hand: centre (0.75 + 3.8415/200) / 1.038415, half the width sqrt(0.038415 * (0.1875 + 0.0096037)) / 1.038415.
    assert (overall.low, overall.high) == pytest.approx((0.65696, 0.82455), abs=1e-5)
    assert _rows("loss")[0].low is None


def test_the_baseline_stands_beside():
    overall, worst, _ = _rows("accuracy")
    assert (overall.baseline, overall.change) == (0.5, 0.25)
    assert (worst.baseline, worst.change) == (None, None)


def test_the_number_of_examples_is_no_metric():
    assert metric_names(VALUES, "candidate") == ["accuracy", "loss"]
