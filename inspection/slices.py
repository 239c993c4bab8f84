"""The slices of an evaluation as rows of a table, the worst first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inspection.evaluation_results import EXAMPLE_COUNT, MetricValue, counts
from inspection.significance import is_higher_better, is_share, wilson

ALL_EXAMPLES = "all examples"


@dataclass(frozen=True, kw_only=True)
class SliceRow:
    """One slice by one metric.

    Attributes:
      where: the slice as TFMA has it; empty for all examples.
      name: what a person would call it.
      examples: how many it has; None where TFMA did not count them.
      value: the metric.
      low: lower end of the 95 % confidence interval; None where there is no telling.
      high: upper end of it.
      baseline: the metric of the baseline; None where there was none.
    """

    where: str
    name: str
    examples: int | None
    value: float
    low: float | None
    high: float | None
    baseline: float | None

    @property
    def change(self) -> float | None:
        """Against the baseline."""
        return None if self.baseline is None else self.value - self.baseline


def metric_names(values: Sequence[MetricValue], model: str) -> list[str]:
    """The metrics of a model, in TFMA's order."""
    names = dict.fromkeys(value.metric for value in values if value.model in ("", model))
    return [name for name in names if name != EXAMPLE_COUNT]


def slice_rows(
    values: Sequence[MetricValue], metric: str, *, model: str, baseline: str, names: Mapping[str, str]
) -> list[SliceRow]:
    """All examples, then the slices by one metric, the worst first.

    Args:
      values: what TFMA computed.
      metric: its name.
      model: whose rows.
      baseline: the model to set beside it.
      names: what to call a slice, where `feature=value` is not what a person would say.
    """
    examples = counts(values, model)
    beside = {value.where: value.value for value in values if value.metric == metric and value.model == baseline}
    rows = []
    for value in values:
        if value.metric != metric or value.model not in ("", model):
            continue
        count = examples.get(value.where)
        low, high = value.low, value.high
        if low is None and count and is_share(metric):
            low, high = wilson(value.value, count)
        row = SliceRow(
            where=value.where,
            name=names.get(value.where, value.where) or ALL_EXAMPLES,
            examples=count,
            value=value.value,
            low=low,
            high=high,
            baseline=beside.get(value.where),
        )
        rows.append(row)
    sign = 1 if is_higher_better(metric) else -1
    return sorted(rows, key=lambda row: (row.where != "", sign * row.value, row.where))
