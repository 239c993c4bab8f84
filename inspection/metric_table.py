"""Metrics of runs beside each other, with how sure each is and how sure its change."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from inspection.comparison import Compared
from inspection.pairing import MIN_PAIRS, PairedTest, paired_tests
from inspection.runs import key_metrics
from inspection.seeds import seed_spread
from inspection.significance import Z_95, is_higher_better, is_share, two_shares, wilson
from records.evaluation import CANDIDATE
from records.run import RunRecord

# The p value below which a difference is not put down to chance.
SURE = 0.05


@dataclass(frozen=True, kw_only=True)
class MetricCell:
    """A metric of one run.

    Attributes:
      value: of the test split; None where it was not computed.
      low: lower end of its 95 % confidence interval; None where there is no telling.
      high: upper end.
      change: against the first run; None for that one itself.
      p: the p value of no difference; None where there is no telling.
      test: the paired test that gave it; None where it is of no pairs.
      seed_p: the p value of a change that is another seed's; None where too few runs tell.
      is_better: whether the change is for the better.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    change: float | None = None
    p: float | None = None
    test: PairedTest | None = None
    seed_p: float | None = None
    is_better: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether the change is more than chance, of the examples and of the seed."""
        return all(p is not None and p < SURE for p in (self.p, self.seed_p))


def metric_table(runs: Sequence[Compared], others: Sequence[RunRecord] = ()) -> dict[str, list[MetricCell]]:
    """{metric: a cell a run}, those that gates judge first.

    Args:
      runs: the first of which the others are compared with.
      others: all runs of their roots, which tell how much the seed changes.
    """
    first = [f"test_{name}" for run in runs for name in key_metrics(run.record)]
    names = dict.fromkeys([*first, *(name for run in runs for name in run.record.metrics)])
    names.pop("test_example_count", None)
    tests = [_paired_tests(runs[0], run) for run in runs]
    return {
        name.removeprefix("test_"): [
            _cell(name, run, runs[0], found.get(name.removeprefix("test_")), others)
            for run, found in zip(runs, tests, strict=True)
        ]
        for name in names
    }


def _cell(
    name: str, run: Compared, first: Compared, test: PairedTest | None, others: Sequence[RunRecord]
) -> MetricCell:
    value, reference = run.record.metrics.get(name), first.record.metrics.get(name)
    if value is None:
        return MetricCell(value=None)
    metric = name.removeprefix("test_")
    examples, other_examples = (int(each.record.metrics.get("test_example_count", 0)) for each in (run, first))
    is_tested = name.startswith("test_")
    is_known = is_tested and is_share(metric) and examples > 0
    low, high = (
        wilson(value, examples) if is_known else _mean_interval(run, metric, value) if is_tested else (None, None)
    )
    if run is first or reference is None:
        return MetricCell(value=value, low=low, high=high)
    change = value - reference
    test = test if is_tested else None
    p: float | None = None
    if test is not None:
        p = test.p
    elif is_known and other_examples:
        p = two_shares(value, examples, reference, other_examples)
    spread = seed_spread(name, first.record, run.record, others) if is_tested else None
    is_better = change > 0 if is_higher_better(metric) and name != "parameters" else change < 0
    return MetricCell(
        value=value,
        low=low,
        high=high,
        change=change,
        p=p,
        test=test,
        seed_p=spread.p(change) if spread else None,
        is_better=is_better,
    )


def _paired_tests(first: Compared, run: Compared) -> dict[str, PairedTest]:
    if run is first or first.predictions is None or run.predictions is None:
        return {}
    return paired_tests(first.predictions, run.predictions, model=CANDIDATE)


def _mean_interval(run: Compared, metric: str, value: float) -> tuple[float, float] | tuple[None, None]:
    """The 95 % interval of a metric that is a mean over examples; without ends where there is no telling."""
    found = run.predictions
    if found is None or found.overlap or CANDIDATE not in found.models or metric not in found.metrics:
        return None, None
    values = found.values_of(CANDIDATE, metric)
    spread = Z_95 * float(values.std()) / math.sqrt(len(values)) if len(values) >= MIN_PAIRS else math.nan
    return (value - spread, value + spread) if math.isfinite(spread) else (None, None)
