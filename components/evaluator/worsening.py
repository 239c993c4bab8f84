"""How much worse a metric is than that of another model, and whether it may be."""

import math
from collections.abc import Callable, Iterator, Mapping

from components.evaluator.options import MetricGate, RelativeChange
from components.evaluator.paired_test import PairedTest
from records.findings import NOT_MEASURED, Finding
from tasks.base import EvalMetric, Task


def limited_changes(task: Task, gates: Mapping[str, MetricGate]) -> Iterator[tuple[EvalMetric, MetricGate]]:
    """The metrics whose worsening has a limit."""
    for metric in task.metrics():
        if metric.name in gates and gates[metric.name].max_worsening is not None:
            yield metric, gates[metric.name]


def worsening_finding(
    metric: EvalMetric,
    limit: MetricGate,
    *,
    gate: str,
    values: Mapping[str, float],
    reference: Mapping[str, float],
    against: str,
    variant: str = "",
    test: Callable[[], PairedTest],
) -> Finding:
    """A model's metric against another's; one that either of them lacks did not pass.

    Args:
      metric: the metric.
      limit: its limits, of which `max_worsening` and `significance` are held here.
      gate: name of the gate in the finding.
      values: metrics over all examples of the model.
      reference: the same of the other one.
      against: what to call the other one.
      variant: the converted file that is judged, if it is one.
      test: a paired test of the metric, made where `significance` asks for one.
    """
    value, other = values.get(metric.name, math.nan), reference.get(metric.name, math.nan)
    change = value - other
    sign = -1 if metric.higher_is_better else 1
    allowed = allowed_worsening(limit, other)
    passed, text = sign * change <= allowed, _limit_text(limit, allowed=sign * allowed, other=other, is_lower=sign < 0)
    p_value = None
    if limit.significance is not None and not math.isnan(change):
        tested = test()
        p_value = tested.p_value
        # NaN is no proof of chance.
        passed |= p_value >= limit.significance
        text += f", or be by chance (p >= {limit.significance:g}, {tested.method})"
    return Finding(
        gate=gate,
        metric=f"{metric.name} against {against}",
        where=variant,
        value=NOT_MEASURED if math.isnan(change) else change,
        limit=text,
        passed=passed,
        variant=variant,
        p_value=p_value,
    )


def inapplicable_worsening(metric: EvalMetric, limit: MetricGate, *, gate: str, against: str) -> Finding:
    """The finding where there is no other model: a first one has nothing to be worse than."""
    sign = -1 if metric.higher_is_better else 1
    allowed = sign * allowed_worsening(limit, math.nan)
    text = _limit_text(limit, allowed=allowed, other=math.nan, is_lower=sign < 0)
    if limit.significance is not None:
        text += f", or be by chance (p >= {limit.significance:g})"
    return Finding(
        gate=gate,
        metric=f"{metric.name} against {against}",
        where="",
        value="no baseline",
        limit=text,
        passed=True,
        applies=False,
    )


def allowed_worsening(limit: MetricGate, other: float) -> float:
    """In the metric's own units, where the other model's value is `other`."""
    if isinstance(limit.max_worsening, RelativeChange):
        return limit.max_worsening.relative * abs(other)
    return math.inf if limit.max_worsening is None else limit.max_worsening


def _limit_text(limit: MetricGate, *, allowed: float, other: float, is_lower: bool) -> str:
    comparison = ">=" if is_lower else "<="
    if not isinstance(limit.max_worsening, RelativeChange):
        return f"{comparison} {allowed:+g}"
    share = f"{'-' if is_lower else '+'}{limit.max_worsening.relative:.4g}"
    if math.isnan(other):
        return f"{comparison} {share} of its value"
    return f"{comparison} {allowed:+.4g} ({share} of {other:.4g})"
