"""How much the rates of a classifier of two classes differ between groups, with confidence intervals."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import tensorflow_model_analysis as tfma
from statsmodels.stats.proportion import confint_proportions_2indep
from tensorflow_model_analysis.proto import config_pb2

from components.evaluator.fairness_options import RATES, FairnessConfig, Rate
from components.evaluator.outcomes import Outcomes
from components.evaluator.slicing import columns_of
from records.evaluation import CANDIDATE
from records.findings import NOT_MEASURED, Finding
from records.slices import column_text, slice_text

OUTCOMES = "outcomes"
ADVICE = (
    "Train a model that treats the groups more alike, by more examples of those that it does worst, or raise "
    "evaluate.fairness.gates where they ask for more than the problem allows."
)


@dataclass(frozen=True)
class Share:
    """How many of how many."""

    count: float
    total: float

    @property
    def rate(self) -> float:
        """Their ratio; there must be some."""
        return self.count / self.total


def add_fairness(config: config_pb2.EvalConfig, fairness: FairnessConfig) -> None:
    """Makes TFMA count the outcomes of each group."""
    metric = config_pb2.MetricConfig(
        class_name=f"{Outcomes.__module__}.{Outcomes.__name__}",
        module="tasks.own_metrics",
        config=json.dumps({"name": OUTCOMES}),
    )
    config.metrics_specs[0].metrics.append(metric)
    for spec in (config_pb2.SlicingSpec(feature_keys=columns_of(slices)) for slices in fairness.by):
        if spec not in config.slicing_specs:
            config.slicing_specs.append(spec)


def fairness_findings(uri: str, fairness: FairnessConfig, *, gate: str) -> list[Finding]:
    """The difference of each rate between the groups of each kind; one of groups of which fewer than two have any
    examples that it is a rate of did not pass.

    Args:
      uri: directory of TFMA's output, for a config as `add_fairness` leaves it.
      fairness: the config's section.
      gate: name of the gate in the findings.
    """
    counted = list(_outcomes(uri))
    findings = []
    for slices in fairness.by:
        columns = tuple(sorted(columns_of(slices)))
        groups = {where: counts for key, where, counts in counted if key == columns}
        for rate in RATES:
            findings.append(_finding(rate, columns, groups, limit=fairness.limit(rate), gate=gate))
    return findings


def share(rate: Rate, counts: np.ndarray) -> Share:
    """What a rate is the ratio of.

    Args:
      rate: name of the rate.
      counts: `[true positives, false positives, true negatives, false negatives]`.
    """
    true_positives, false_positives, true_negatives, false_negatives = map(float, counts)
    if rate == "true_positive_rate":
        return Share(true_positives, true_positives + false_negatives)
    if rate == "false_positive_rate":
        return Share(false_positives, false_positives + true_negatives)
    return Share(true_positives + false_positives, float(np.sum(counts)))


def difference_interval(high: Share, low: Share) -> tuple[float, float]:
    """Where the difference of two rates is with a confidence of 95 %.

    Source: Newcombe, "Interval estimation for the difference between independent proportions", 1998, method 10.
    """
    lower, upper = confint_proportions_2indep(high.count, high.total, low.count, low.total, method="newcomb")
    return float(lower), float(upper)


def _finding(
    rate: Rate, columns: tuple[str, ...], groups: Mapping[str, np.ndarray], *, limit: float, gate: str
) -> Finding:
    shares = {where: share(rate, counts) for where, counts in groups.items()}
    measured = sorted((each.rate, where, each) for where, each in shares.items() if each.total)
    lines = [f"{where} {value:.4g} of {each.total:g}" for value, where, each in measured]
    lines += [f"{where} of none" for where, each in shares.items() if not each.total]
    value: float | str = NOT_MEASURED
    interval, passed = None, False
    if len(measured) > 1:
        low, high = measured[0][-1], measured[-1][-1]
        value, interval = high.rate - low.rate, difference_interval(high, low)
        passed = high.rate - low.rate <= limit
    return Finding(
        gate=gate,
        metric=f"difference of {rate}",
        where=f"by {', '.join(map(column_text, columns))}: {'; '.join(lines) or 'no group'}",
        value=value,
        limit=f"<= {limit:g}",
        passed=passed,
        interval=interval,
        advice=ADVICE,
    )


def _outcomes(uri: str) -> Iterator[tuple[tuple[str, ...], str, np.ndarray]]:
    """(columns, slice, counts) of the model that is judged."""
    for row in tfma.load_metrics(uri):
        for item in row.metric_keys_and_values:
            if item.key.name == OUTCOMES and item.key.model_name in ("", CANDIDATE) and not item.key.is_diff:
                columns = tuple(sorted(single.column for single in row.slice_key.single_slice_keys))
                yield columns, slice_text(row.slice_key), np.array(item.value.array_value.float64_values)
