"""Whether two models differ by more than chance on the same test examples."""

import math
from dataclasses import dataclass

import numpy as np

from inspection.significance import Z_95
from records.predictions import Predictions

# Of fewer, neither test says anything.
MIN_PAIRS = 10
# Tells the second of two equal examples from the first (Knuth, "The Art of Computer Programming" 3, 6.4).
_STEP = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, kw_only=True)
class PairedTest:
    """A metric of two models on the same examples.

    Attributes:
      pairs: how many examples both were asked about.
      difference: of the metric on them, the second model's less the first's.
      low: lower end of its 95 % confidence interval.
      high: upper end of it.
      p: the two-sided p value of no difference.
      method: which test.
      lost: examples that the first model alone tells right; None where they are neither right nor wrong.
      won: examples that the second one alone tells right.
    """

    pairs: int
    difference: float
    low: float
    high: float
    p: float
    method: str
    lost: int | None = None
    won: int | None = None


def common_examples(first: Predictions, second: Predictions) -> tuple[np.ndarray, np.ndarray]:
    """Places in either of the examples that both have, `[pair]` each."""
    _, mine, theirs = np.intersect1d(_unique(first.keys), _unique(second.keys), return_indices=True)
    return mine, theirs


def paired_tests(first: Predictions, second: Predictions, *, model: str) -> dict[str, PairedTest]:
    """{metric: test} of the metrics that both have of each example, as means; none of examples that overlap.

    Args:
      first: what the model said that the other is compared with.
      second: what the other said.
      model: what both records call their model.
    """
    if first.overlap or second.overlap or model not in first.models or model not in second.models:
        return {}
    mine, theirs = common_examples(first, second)
    found = {}
    for metric in first.metrics:
        if metric not in second.metrics:
            continue
        values = first.values_of(model, metric)[mine], second.values_of(model, metric)[theirs]
        if len(mine) >= MIN_PAIRS and all(np.isfinite(each).all() for each in values):
            found[metric] = paired_test(*values)
    return found


def paired_test(first: np.ndarray, second: np.ndarray) -> PairedTest:
    """McNemar's test where examples are right or wrong, else the paired t test.

    Args:
      first: what each example adds to the mean of one model, `[pair]`.
      second: the same of the other model.
    """
    if all(np.isin(each, (0, 1)).all() for each in (first, second)):
        return mcnemar(first > 0, second > 0)
    from scipy import stats

    differences = second.astype(np.float64) - first
    difference = float(differences.mean())
    if math.isclose(float(differences.std()), 0.0, abs_tol=1e-12):
        p, low, high = (1.0 if abs(difference) < 1e-12 else 0.0), difference, difference
    else:
        test = stats.ttest_1samp(differences, 0.0)
        p, (low, high) = float(test.pvalue), map(float, test.confidence_interval(0.95))
    return PairedTest(pairs=len(first), difference=difference, low=low, high=high, p=p, method="paired t test")


def mcnemar(first: np.ndarray, second: np.ndarray) -> PairedTest:
    """The exact test of who is right about which example, both `[pair]` of bool.

    Sources: McNemar, "Note on the sampling error of the difference between correlated proportions", 1947; of the
    interval, Agresti and Min, "Simple improved confidence intervals for comparing matched proportions", 2005, which
    adds half an example to each of the four counts.
    """
    from scipy import stats

    pairs = len(first)
    lost, won = int(np.sum(first & ~second)), int(np.sum(~first & second))
    p = float(stats.binomtest(won, won + lost).pvalue) if won + lost else 1.0
    total, up, down = pairs + 2, won + 0.5, lost + 0.5
    centre = (up - down) / total
    spread = Z_95 * math.sqrt(up + down - (up - down) ** 2 / total) / total
    return PairedTest(
        pairs=pairs,
        difference=(won - lost) / pairs,
        low=max(-1.0, centre - spread),
        high=min(1.0, centre + spread),
        p=p,
        method="McNemar's exact test",
        lost=lost,
        won=won,
    )


def _unique(keys: np.ndarray) -> np.ndarray:
    """Keys of which no two are equal: equal examples, to which a model says the same, are numbered.

    Args:
      keys: sorted, `[example]` of uint64.
    """
    numbers = np.arange(len(keys)) - np.searchsorted(keys, keys)
    with np.errstate(over="ignore"):
        found: np.ndarray = keys + numbers.astype(np.uint64) * _STEP
    return found
