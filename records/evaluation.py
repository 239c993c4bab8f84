"""TFMA's files: what they call the two models that Evaluator compares, and the intervals of metrics."""

from typing import Any, TypeAlias

CANDIDATE = "candidate"
BASELINE = "baseline"

Interval: TypeAlias = tuple[float, float]
"""Lower and upper end of where a metric is, with a confidence of 95 %."""


def confidence_interval(item: Any) -> Interval | None:
    """The interval of a metric, TFMA's MetricKeyAndValue; None where there is none."""
    interval = item.confidence_interval
    ends = interval.lower_bound, interval.upper_bound
    if not all(end.HasField("double_value") for end in ends):
        return None
    return ends[0].double_value.value, ends[1].double_value.value
