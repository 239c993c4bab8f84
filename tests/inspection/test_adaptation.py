"""Adaptation curves out of metrics by their names."""

from inspection.adaptation import adaptation_curves, is_of_adaptation
from inspection.evaluation_results import MetricValue


def _value(metric: str, value: float, where: str = "") -> MetricValue:
    return MetricValue(model="", where=where, metric=metric, value=value)


def test_a_curve_goes_through_the_metric_after_each_step_with_its_interval():
    values = [_value("mse_step_1", 0.5), _value("mse_step_0", 3.0), _value("mse_step_1_ci95", 0.25), _value("mse", 0.5)]
    [(metric, html)] = adaptation_curves(values)
    assert metric == "mse"
    assert '"x":[0,1]' in html
    assert '"y":[3.0,0.5]' in html
    assert '"array":[0.0,0.25]' in html


def test_slices_have_curves_of_their_own():
    values = [_value("mse_step_0", 3.0), _value("mse_step_0", 4.0, "shot=5")]
    [(_, html)] = adaptation_curves(values)
    assert '"name":"shot=5"' in html
    assert '"name":"all episodes"' in html


def test_metrics_of_other_tasks_make_no_curve():
    assert adaptation_curves([_value("accuracy", 0.5), _value("mase_steps_1_13", 0.5)]) == []


def test_intervals_and_steps_have_no_charts_of_their_own():
    names = ["mse", "mse_ci95", "mse_step_0", "mse_step_0_ci95", "mase_steps_1_13"]
    assert [is_of_adaptation(name) for name in names] == [False, True, True, True, False]
