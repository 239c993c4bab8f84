"""How much metrics change with the seed alone, as other runs tell.

A test of two models on the same examples takes them as they are. Another seed gives another model, which may be truly
better by a little: of two runs that differ in the seed alone, such a test says so far more often than its p value, the
more examples there are. What a change is held against, too, is therefore the spread of runs with other seeds.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from records.run import RunRecord

# Of fewer, the spread says nothing: three runs of one config, or two of each of both.
MIN_DEGREES = 2
# Of a config: what makes no other kind of model.
_SEED, _ROOT = "seed", "root"


@dataclass(frozen=True, kw_only=True)
class SeedSpread:
    """Of a metric.

    Attributes:
      deviation: standard deviation over seeds.
      degrees: degrees of freedom, the runs less their configs.
    """

    deviation: float
    degrees: int

    def p(self, change: float) -> float:
        """The two-sided p value of a change that is the difference of two seeds, by the t distribution."""
        from scipy import stats

        if self.deviation == 0:
            return 1.0 if change == 0 else 0.0
        return float(2 * stats.t.sf(abs(change) / (math.sqrt(2) * self.deviation), self.degrees))


def other_seeds(record: RunRecord, others: Iterable[RunRecord]) -> list[RunRecord]:
    """The runs that differ from one in the seed alone, one of each seed: config, commit, libraries and data's spans are
    the same.

    Args:
      record: the run.
      others: runs to look among; it may be one of them.
    """
    found: dict[Any, RunRecord] = {}
    for other in others:
        if other.config.get(_SEED) != record.config.get(_SEED) and _kind(other) == _kind(record):
            found[other.config.get(_SEED)] = other
    return list(found.values())


def seed_spread(metric: str, first: RunRecord, second: RunRecord, others: Iterable[RunRecord]) -> SeedSpread | None:
    """The spread of a metric over runs with other seeds than two have, of either config; None where they are too few.

    Args:
      metric: its name in run records.
      first: one of the two.
      second: the other one.
      others: runs to look among.
    """
    seeds = {each.config.get(_SEED) for each in (first, second)}
    apart = [other for other in others if metric in other.metrics and other.config.get(_SEED) not in seeds]
    kinds = [first] if _kind(first) == _kind(second) else [first, second]
    families = [[other.metrics[metric] for other in other_seeds(record, apart)] for record in kinds]
    degrees = sum(len(family) - 1 for family in families if family)
    if degrees < MIN_DEGREES:
        return None
    squares = sum(_squares(family) for family in families if family)
    return SeedSpread(deviation=math.sqrt(squares / degrees), degrees=degrees)


def _squares(values: Sequence[float]) -> float:
    mean = fmean(values)
    return sum((value - mean) ** 2 for value in values)


def _kind(record: RunRecord) -> tuple[object, ...]:
    config = {name: value for name, value in record.config.items() if name not in (_SEED, _ROOT)}
    return config, record.git_commit, dict(record.versions), dict(record.spans)
