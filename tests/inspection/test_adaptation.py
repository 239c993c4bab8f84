"""Adaptation curves out of metrics by their names."""

from inspection.adaptation import adaptation_curves, curves_by_shot, is_of_adaptation
from inspection.evaluation_results import MetricValue


def _value(metric: str, value: float, where: str = "") -> MetricValue:
    return MetricValue(model="", where=where, metric=metric, value=value)


def _with_interval(metric: str, value: float, half_width: float, where: str = "") -> list[MetricValue]:
    return [_value(metric, value, where), _value(f"{metric}_ci95", half_width, where)]


def test_a_curve_goes_through_the_metric_after_each_step_with_its_interval():
    values = [*_with_interval("mse_step_1", 0.5, 0.25), *_with_interval("mse_step_0", 3.0, 0.75), _value("mse", 0.5)]
    [(metric, html)] = adaptation_curves(values)
    assert metric == "mse"
    assert '"x":[0,1]' in html
    assert '"y":[3.0,0.5]' in html
    assert '"array":[0.75,0.25]' in html


def test_slices_have_curves_of_their_own():
    values = [*_with_interval("mse_step_0", 3.0, 0.1), *_with_interval("mse_step_0", 4.0, 0.1, "shot=5")]
    [(_, html)] = adaptation_curves(values)
    assert '"name":"shot=5"' in html
    assert '"name":"all episodes"' in html


def test_against_shots_there_is_a_curve_for_each_number_of_steps():
    values = [_value("mse_step_0", 9.0)]
    for shot, before, after in ((10, 3.0, 0.25), (5, 2.0, 0.5)):
        where = f"shot={shot}"
        values += _with_interval("mse", after, 0.1, where)
        values += _with_interval("mse_step_0", before, 0.2, where)
        values += _with_interval("mse_step_1", after, 0.1, where)
    [(metric, html)] = curves_by_shot(values)
    assert metric == "mse"
    assert html.count('"x":[5,10]') == 2
    assert '"y":[2.0,3.0]' in html
    assert '"y":[0.5,0.25]' in html
    assert '"name":"inner steps: 1"' in html


def test_against_shots_a_learner_without_steps_has_one_curve():
    values = [*_with_interval("accuracy", 0.9, 0.02, "shot=1"), *_with_interval("accuracy", 0.95, 0.01, "shot=5")]
    [(metric, html)] = curves_by_shot(values)
    assert metric == "accuracy"
    assert '"y":[0.9,0.95]' in html
    assert '"array":[0.02,0.01]' in html


def test_one_shot_alone_or_another_slice_makes_no_curve():
    one, other = _with_interval("mse_step_0", 3.0, 0.1, "shot=5"), _with_interval("mse_step_0", 3.0, 0.1, "way=5")
    assert curves_by_shot([*one, *other]) == []


def test_metrics_of_other_tasks_make_no_curve():
    assert adaptation_curves([_value("accuracy", 0.5), _value("mase_steps_1_13", 0.5)]) == []


def test_intervals_and_steps_have_no_charts_of_their_own():
    names = ["mse", "mse_ci95", "mse_step_0", "mse_step_0_ci95", "mase_steps_1_13"]
    assert [is_of_adaptation(name) for name in names] == [False, True, True, True, False]
