"""How far the distribution of each feature is from that in the data that passed last.

TFDV measures: the L-infinity distance of categorical features, which is the largest change of one value's share, and
the Jensen-Shannon divergence of numeric ones in bits (Lin, 1991, "Divergence measures based on the Shannon entropy").
Both are between 0 and 1. Two samples of one distribution differ by chance, the more the fewer they are; that much is
added to the limits.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import NormalDist

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from components.data_gate.options import DriftConfig
from components.data_gate.passed_data import PassedData, read_passed
from records.findings import NOT_MEASURED, Finding, drift_of

CHANCE = 0.01
"""How often two samples of one distribution may differ by more than is put down to chance."""
# The relative precision of a float32, with room for a few operations.
FLOAT32 = 1e-6
# What TFDV counts in place of values that are plain bytes, such as images.
OPAQUE = "__BYTES_VALUE__"

ADVICE = (
    "If the data shall be as it is, allow the feature a larger distance in data_gate.drift.features, once: what passes "
    "is what the next data is compared with. Else repair the data."
)
MEASURES = {
    anomalies_pb2.DriftSkewInfo.Measurement.L_INFTY: "L-infinity",
    anomalies_pb2.DriftSkewInfo.Measurement.JENSEN_SHANNON_DIVERGENCE: "Jensen-Shannon",
}


@dataclass(frozen=True, kw_only=True)
class Distance:
    """One feature's; `chance` is what two samples of one distribution differ by at most 99 times of 100."""

    feature: str
    measure: str
    value: float
    chance: float


def drift_findings(
    statistics: Mapping[str, statistics_pb2.DatasetFeatureStatisticsList], passed: PassedData, drift: DriftConfig
) -> list[Finding]:
    """One finding for each feature of each split; one that does not apply where there is nothing to compare with.

    Splits without examples, now or then, have none.

    Args:
      statistics: of each split.
      passed: statistics of earlier data.
      drift: the config's section.
    """
    file = passed.newest()
    if file is None:
        return [_nothing_to_compare("no data has passed before")]
    if passed.is_newest(statistics):
        return [_nothing_to_compare("the data that passed last is this data")]
    earlier = read_passed(file)
    findings = []
    for split, current in statistics.items():
        if not current.datasets or split not in earlier:
            continue
        found = {each.feature: each for each in distances(current.datasets[0], earlier[split])}
        for name in (*found, *(name for name in drift.features if name not in found)):
            findings.append(
                distance_finding(
                    drift_of(name),
                    found.get(name),
                    where=f"split {split}",
                    allowed=drift.allowed(name),
                    against=str(file),
                    advice=ADVICE,
                )
            )
    return findings


def distances(
    current: statistics_pb2.DatasetFeatureStatistics, earlier: statistics_pb2.DatasetFeatureStatistics
) -> Iterator[Distance]:
    """The distance of each feature that both have values of, but of plain bytes such as images."""
    now, then = _comparable(current), _comparable(earlier)
    schema = schema_pb2.Schema()
    for name, feature in now.items():
        if name not in then or feature.WhichOneof("stats") != then[name].WhichOneof("stats"):
            continue
        compared = schema.feature.add(name=name, type=_schema_type(feature.type))
        if feature.HasField("string_stats"):
            compared.drift_comparator.infinity_norm.threshold = 1.0
        else:
            divergence = compared.drift_comparator.jensen_shannon_divergence
            divergence.threshold = 1.0
            # Ten intervals of one width, TFDV's default, would be those of the largest value: of two samples of one
            # lognormal distribution, 20,000 each, the divergence is then up to 0.36, and 0.05 by ten quantiles.
            divergence.source.type = schema_pb2.HistogramSelection.QUANTILES
    if not schema.feature:
        return
    measured = tfdv.validate_statistics(
        statistics_pb2.DatasetFeatureStatisticsList(datasets=[current]),
        schema,
        previous_statistics=statistics_pb2.DatasetFeatureStatisticsList(datasets=[earlier]),
    )
    for info in measured.drift_skew_info:
        [name], [measurement] = info.path.step, info.drift_measurements
        chance = _chance_of_shares if now[name].HasField("string_stats") else _chance_of_divergence
        yield Distance(
            feature=name,
            measure=MEASURES[measurement.type],
            value=0.0 if _is_rounding(now[name].num_stats, then[name].num_stats) else measurement.value,
            chance=chance(now[name], then[name]),
        )


def _is_rounding(now: statistics_pb2.NumericStatistics, then: statistics_pb2.NumericStatistics) -> bool:
    """Whether both are one constant but for the last bits of a float32: to the divergence, a whole move."""
    is_constant = now.HasField("common_stats") and now.min == now.max and then.min == then.max
    return is_constant and math.isclose(now.min, then.min, rel_tol=FLOAT32)


def _comparable(
    statistics: statistics_pb2.DatasetFeatureStatistics,
) -> dict[str, statistics_pb2.FeatureNameStatistics]:
    found = {}
    for feature in statistics.features:
        steps = [feature.name] if feature.name else list(feature.path.step)
        kind = feature.WhichOneof("stats")
        if len(steps) != 1 or kind not in ("num_stats", "string_stats") or not _count(feature):
            continue
        if OPAQUE not in _shares(feature):
            found[steps[0]] = feature
    return found


def _schema_type(kind: int) -> int:
    """The schema's type of a feature that statistics have; TFDV compares none of an unknown one."""
    types = statistics_pb2.FeatureNameStatistics
    return {types.INT: schema_pb2.INT, types.FLOAT: schema_pb2.FLOAT}.get(kind, schema_pb2.BYTES)


def _count(feature: statistics_pb2.FeatureNameStatistics) -> int:
    """Examples that have the feature: the values of one may hang together, so that more of them are no more data."""
    return getattr(feature, feature.WhichOneof("stats")).common_stats.num_non_missing


def _shares(feature: statistics_pb2.FeatureNameStatistics) -> dict[str, float]:
    counts = {bucket.label: bucket.sample_count for bucket in feature.string_stats.rank_histogram.buckets}
    total = sum(counts.values())
    return {label: count / total for label, count in counts.items()}


def _per_example(now: statistics_pb2.FeatureNameStatistics, then: statistics_pb2.FeatureNameStatistics) -> float:
    return 1 / _count(now) + 1 / _count(then)


def _chance_of_shares(now: statistics_pb2.FeatureNameStatistics, then: statistics_pb2.FeatureNameStatistics) -> float:
    """Of the difference of two binomial shares, by the normal approximation, for all values together (Bonferroni)."""
    count_now, count_then = _count(now), _count(then)
    shares_now, shares_then = _shares(now), _shares(then)
    values = shares_now.keys() | shares_then.keys()
    pooled = [
        (shares_now.get(value, 0.0) * count_now + shares_then.get(value, 0.0) * count_then) / (count_now + count_then)
        for value in values
    ]
    deviations = NormalDist().inv_cdf(1 - CHANCE / (2 * len(values)))
    return deviations * math.sqrt(max(share * (1 - share) for share in pooled) * _per_example(now, then))


def _chance_of_divergence(
    now: statistics_pb2.FeatureNameStatistics, then: statistics_pb2.FeatureNameStatistics
) -> float:
    """Of the share of the values that lies on the other side of one edge of a quantile (Kolmogorov and Smirnov).

    The divergence is no larger than the share that moved. For samples whose values are counted in fixed intervals it is
    far smaller, but quantiles move themselves, and by whole steps where many values are equal.
    """
    return math.sqrt(-math.log(CHANCE / 2) / 2 * _per_example(now, then))


def distance_finding(
    metric: str, distance: Distance | None, *, where: str, allowed: float, against: str, advice: str
) -> Finding:
    """A feature's distance against its limit, to which is added what chance makes.

    Args:
      metric: what the finding calls it.
      distance: None where it was not measured.
      where: what was compared.
      allowed: the limit; 1 lets everything pass.
      against: file of the statistics that it was compared with.
      advice: what to do where it refuses.
    """
    value: float | str
    if distance is None:
        limit, value = f"<= {allowed:g}", NOT_MEASURED
    else:
        limit, value = f"<= {allowed:g} + {distance.chance:.2g} by chance ({distance.measure})", distance.value
    return Finding(
        gate="data",
        metric=metric,
        where=where,
        value=value,
        limit=limit,
        passed=allowed == 1 or (distance is not None and distance.value <= allowed + distance.chance),
        advice=advice,
        against=against,
    )


def _nothing_to_compare(reason: str) -> Finding:
    return Finding(gate="data", metric="drift", where="", value=reason, limit="none", passed=True, applies=False)
