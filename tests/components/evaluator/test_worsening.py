import pytest

from components.evaluator.options import MetricGate
from components.evaluator.paired_test import PairedTest
from components.evaluator.worsening import inapplicable_worsening, worsening_finding
from records.findings import NOT_MEASURED, Finding
from tasks.eval_metric import EvalMetric

ACCURACY = EvalMetric(name="accuracy", class_name="SparseCategoricalAccuracy")
LOSS = EvalMetric(name="loss", class_name="MeanSquaredError", higher_is_better=False)
R2 = EvalMetric(name="r2", class_name="R2")


def _finding(metric, limit, value, other, *, p_value=None) -> Finding:
    def test() -> PairedTest:
        assert p_value is not None
        return PairedTest(p_value=p_value, method="a test")

    values = {} if value is None else {metric.name: value}
    reference = {metric.name: other}
    return worsening_finding(
        metric, limit, gate="evaluation", values=values, reference=reference, against="the baseline", test=test
    )


@pytest.mark.parametrize(
    ("metric", "value", "other", "passed", "limit"),
    [
        (ACCURACY, 0.441, 0.5, False, ">= -0.05 (-0.1 of 0.5)"),
        (ACCURACY, 0.46, 0.5, True, ">= -0.05 (-0.1 of 0.5)"),
        (LOSS, 4.39, 4.0, True, "<= +0.4 (+0.1 of 4)"),
        (LOSS, 4.41, 4.0, False, "<= +0.4 (+0.1 of 4)"),
        # A tenth of a value below zero is worse by a tenth, too.
        (R2, -0.54, -0.5, True, ">= -0.05 (-0.1 of -0.5)"),
        (R2, -0.56, -0.5, False, ">= -0.05 (-0.1 of -0.5)"),
    ],
)
def test_a_share_is_of_the_other_model_s_value(metric, value, other, passed, limit):
    finding = _finding(metric, MetricGate(max_worsening={"relative": 0.1}), value, other)
    assert (finding.passed, finding.limit) == (passed, limit)


@pytest.mark.parametrize(
    ("value", "p_value", "passed"),
    [(0.5, 0.01, False), (0.5, 0.05, True), (0.5, float("nan"), False), (0.6, 0.01, True)],
)
def test_a_worsening_counts_where_the_test_says_so(value, p_value, passed):
    finding = _finding(ACCURACY, MetricGate(max_worsening=0.1, significance=0.05), value, 0.625, p_value=p_value)
    assert finding.passed == passed
    assert finding.p_value == pytest.approx(p_value, nan_ok=True)


def test_a_finding_tells_difference_probability_and_test():
    finding = _finding(ACCURACY, MetricGate(max_worsening=0, significance=0.05), 0.5, 0.625, p_value=0.0123)
    assert str(finding) == (
        "accuracy against the baseline must be >= -0, or be by chance (p >= 0.05, a test). Received: -0.125, p 0.012."
    )


def test_what_was_not_measured_needs_no_test_and_does_not_pass():
    finding = _finding(ACCURACY, MetricGate(max_worsening=0.1, significance=0.05), None, 0.5)
    assert (finding.value, finding.passed) == (NOT_MEASURED, False)


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (MetricGate(max_worsening=0.5, significance=0.05), ">= -0.5, or be by chance (p >= 0.05)"),
        (MetricGate(max_worsening={"relative": 0.02}), ">= -0.02 of its value"),
    ],
)
def test_without_a_baseline_the_limit_does_not_apply_and_is_told(limit, text):
    finding = inapplicable_worsening(ACCURACY, limit, gate="evaluation", against="the baseline")
    assert (finding.limit, finding.applies, finding.passed) == (text, False, True)
