import re

import numpy as np
import pytest

from inspection.charts import class_counts, confusion, countable_features, metric_by_slice, training_curves
from inspection.slices import SliceRow
from inspection.statistics import FeatureStatistics, SplitStatistics


def _row(where: str, value: float, **more: float) -> SliceRow:
    ends = {"low": None, "high": None, "baseline": None, "examples": None, **more}
    return SliceRow(where=where, name=where or "all examples", value=value, **ends)


def test_slices_are_bars_in_the_order_given():
    rows = [_row("", 0.5), _row("label=1", 0.25), _row("label=0", 0.75)]
    html = metric_by_slice("accuracy", rows, {False: [0.4]}, frozenset())
    assert '"x":["all examples","label=1","label=0"]' in html
    assert '"y":[0.5,0.25,0.75]' in html
    assert "limit 0.4" in html


def test_both_limits_of_a_gate_are_lines_and_in_sight():
    rows = [_row("", 0.8), _row("label=0", 0.7)]
    html = metric_by_slice("accuracy", rows, {False: [0.6, 0.98], True: [0.5]}, frozenset())
    lines = re.findall(r'"x0":([-.\d]+),"x1":([-.\d]+),"y0":([-.\d]+)', html)
    assert lines == [("-0.5", "0.5", "0.6"), ("-0.5", "0.5", "0.98"), ("0.5", "1.5", "0.5")]
    assert re.findall(r'"text":"limit ([.\d]+)"', html) == ["0.6", "0.98", "0.5"]
    lowest, highest = re.search(r'"range":\[([-.\d]+),([-.\d]+)\]', html).groups()
    assert float(lowest) == 0
    assert float(highest) > 0.98


def test_where_a_metric_is_lies_in_sight():
    html = metric_by_slice("accuracy", [_row("", 0.5, low=0.25, high=1.25), _row("label=0", 0.5)], {}, frozenset())
    assert float(re.search(r'"range":\[[-.\d]+,([.\d]+)\]', html).group(1)) > 1.25


def test_metrics_without_intervals_have_no_whiskers():
    assert "arrayminus" not in metric_by_slice("accuracy", [_row("", 0.5)], {}, frozenset())


def test_what_a_gate_refused_is_red():
    html = metric_by_slice("accuracy", [_row("", 0.5)], {False: [0.9]}, frozenset([""]))
    assert '"color":["#dc2626"]' in html


def test_bars_start_at_zero_whatever_they_differ_by():
    html = metric_by_slice("accuracy", [_row("", 0.99), _row("label=0", 0.98)], {}, frozenset())
    assert float(re.search(r'"range":\[([-.\d]+),', html).group(1)) == 0


def test_intervals_and_the_baseline_are_drawn():
    rows = [_row("", 0.5, low=0.25, high=0.625, baseline=0.75)]
    html = metric_by_slice("accuracy", rows, {}, frozenset())
    assert '"array":[0.125],"arrayminus":[0.25]' in html
    assert '"name":"baseline"' in html


def test_confusion_leaves_empty_cells_blank():
    html = confusion(np.array([[3, 0], [1, 4]]), ["cat", "dog"])
    assert '"z":[[3.0,null],[1.0,4.0]]' in html


def test_curves_show_train_eval_and_the_best_epoch():
    history = [
        {"epoch": 1, "train": {"loss": 2.0}, "evaluation": {"loss": 1.0}, "learning_rate": 0.1, "is_best": True},
        {"epoch": 2, "train": {"loss": 1.0}, "evaluation": {"loss": 3.0}, "learning_rate": 0.0, "is_best": False},
    ]
    html = training_curves(history)
    assert '"y":[2.0,1.0]' in html
    assert '"y":[1.0,3.0]' in html
    assert '"x0":1,"x1":1' in html


def _split(name: str, **values: int) -> SplitStatistics:
    feature = FeatureStatistics(name="label", missing_share=0.0, values=values, numbers=None)
    return SplitStatistics(split=name, num_examples=sum(values.values()), features=(feature,))


@pytest.mark.parametrize(("classes", "named"), [(0, []), (60, ["label"]), (61, [])])
def test_features_of_more_values_than_a_chart_can_show_are_left_out(classes, named):
    train = _split("train", **{f"class_{index}": 1 for index in range(classes // 2)})
    test = _split("test", **{f"class_{index}": 1 for index in range(classes // 2, classes)})
    assert countable_features([train, test]) == named


def test_classes_are_counted_by_split():
    html = class_counts([_split("train", cat=3, dog=2), _split("test", dog=1)], "label")
    assert '"x":["cat","dog"],"y":[3,2]' in html
    assert '"x":["cat","dog"],"y":[0,1]' in html
