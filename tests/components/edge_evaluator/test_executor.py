import pytest

from components.edge_evaluator.executor import budget_findings, worsening_findings
from components.evaluator.options import MetricGate
from records.variants import Choice, Miss
from tasks.loading import TaskSpec

TASK = TaskSpec(
    task="tasks.image_classification.ImageClassification",
    options={"source": {"kind": "digits"}, "height": 8, "width": 8},
).load()


@pytest.mark.parametrize(
    ("metric", "int8", "passed"),
    [
        ("accuracy", 0.89, True),
        ("accuracy", 0.87, False),
        ("accuracy", 0.95, True),
        ("cross_entropy", 0.91, True),
        ("cross_entropy", 0.93, False),
        ("cross_entropy", 0.1, True),
    ],
)
def test_worse_is_what_the_metric_says(metric, int8, passed):
    gates = {metric: MetricGate(max_worsening=0.02)}
    metrics = {"float32": {metric: 0.9}, "int8": {metric: int8}}
    [finding] = worsening_findings(TASK, gates, metrics, variants=["float32", "int8"])
    assert (finding.where, finding.passed) == ("int8", passed)
    assert finding.value == pytest.approx(int8 - 0.9)


def test_without_the_limit_nothing_is_compared():
    metrics = {"float32": {"accuracy": 0.9}, "int8": {"accuracy": 0.1}}
    assert worsening_findings(TASK, {"accuracy": MetricGate(min=0.05)}, metrics, variants=list(metrics)) == []


MISS = Miss(variant="int8", budget="max_bytes", value=150, limit=100)


def test_nothing_within_the_budgets_is_refused_and_says_by_how_much():
    [finding] = budget_findings(Choice(variant=None, reason="none", front=(), misses=(MISS,)))
    assert not finding.passed
    assert str(finding) == "bytes (int8) must be <= 100 (over by 50). Received: 150."


def test_a_variant_over_a_budget_stops_nothing_where_another_is_within():
    assert budget_findings(Choice(variant="float32", reason="", front=(), misses=(MISS,))) == []
