"""Distributions of features over those in the data that passed the data gate last, and over those in serving logs."""

from collections.abc import Iterator, Mapping, Sequence

import plotly.graph_objects as go
from etils import epath
from tensorflow_metadata.proto.v0 import statistics_pb2

from inspection.charts import BLUE, GREY, as_html
from inspection.statistics import feature_name
from records.findings import Finding, drift_of, skew_of
from records.splits import split_folder
from records.stores import path_at

MAX_FEATURES = 12
# Of a categorical feature: those whose shares changed most.
MAX_VALUES = 40

Features = dict[str, statistics_pb2.FeatureNameStatistics]


def drift_charts(statistics: epath.Path, findings: Sequence[Finding]) -> Iterator[tuple[str, str]]:
    """(title, chart) of the features that moved most, since the data that passed last or from what clients send, each
    in the split in which it did, those refused first.

    Nothing is drawn of data whose earlier statistics are there no longer.

    Args:
      statistics: directory of a StatisticsGen artifact.
      findings: findings of the run's gates.
    """
    measured = [finding for finding in findings if finding.against and isinstance(finding.value, float)]
    largest: dict[str, Finding] = {}
    for finding in sorted(measured, key=lambda finding: (finding.passed, -float(finding.value))):
        largest.setdefault(finding.metric, finding)
    for finding in list(largest.values())[:MAX_FEATURES]:
        earlier = path_at(finding.against)
        if not earlier.exists():
            continue
        split = finding.where.removeprefix("split ")
        now = _features(statistics / split_folder(split) / "FeatureStats.pb")
        then = _features(earlier, dataset=split)
        for name in now.keys() & then.keys():
            if finding.metric in (drift_of(name), skew_of(name)):
                is_skew = finding.metric == skew_of(name)
                chart = _chart(name, now[name], then[name], other="serving logs" if is_skew else "passed last")
                yield _title(finding.metric if is_skew else name, finding), chart


def _title(name: str, finding: Finding) -> str:
    return f"{name}, {finding.where}: {finding.value:.4g}, allowed {finding.limit}"


def _features(file: epath.Path, *, dataset: str | None = None) -> Features:
    """The features of a file's dataset of that name; of its first one without."""
    found = statistics_pb2.DatasetFeatureStatisticsList.FromString(file.read_bytes()).datasets
    return {
        feature_name(feature): feature for each in found if dataset in (None, each.name) for feature in each.features
    }


def _chart(
    name: str, now: statistics_pb2.FeatureNameStatistics, then: statistics_pb2.FeatureNameStatistics, *, other: str
) -> str:
    styles = ((other, then, GREY), ("this run", now, BLUE))
    if now.HasField("string_stats"):
        return _bars(name, {(label, colour): _shares(feature) for label, feature, colour in styles})
    figure = go.Figure()
    for label, feature, colour in styles:
        x, y = _cumulative(feature)
        figure.add_trace(go.Scatter(x=x, y=y, name=label, line={"color": colour}, mode="lines+markers"))
    figure.update_xaxes(title=name)
    figure.update_yaxes(title="share of values up to this", range=[-0.02, 1.02])
    return as_html(figure)


def _bars(name: str, shares: Mapping[tuple[str, str], Mapping[str, float]]) -> str:
    values = _most_changed(*shares.values())
    figure = go.Figure(
        [
            go.Bar(x=values, y=[found.get(value, 0.0) for value in values], name=label, marker_color=colour)
            for (label, colour), found in shares.items()
        ]
    )
    figure.update_xaxes(title=name, type="category")
    figure.update_yaxes(title="share")
    return as_html(figure, is_legend_above=True)


def _shares(feature: statistics_pb2.FeatureNameStatistics) -> dict[str, float]:
    counts = {bucket.label: bucket.sample_count for bucket in feature.string_stats.rank_histogram.buckets}
    total = sum(counts.values())
    return {value: count / total for value, count in counts.items()}


def _most_changed(then: Mapping[str, float], now: Mapping[str, float]) -> list[str]:
    changes = {value: abs(now.get(value, 0.0) - then.get(value, 0.0)) for value in (*then, *now)}
    shown = sorted(changes, key=lambda value: -changes[value])[:MAX_VALUES]
    return sorted(shown, key=lambda value: (len(value), value))


def _cumulative(feature: statistics_pb2.FeatureNameStatistics) -> tuple[list[float], list[float]]:
    """Values and the share of values up to each, by the quantiles by which the divergence is measured."""
    kind = statistics_pb2.Histogram.QUANTILES
    [quantiles] = [histogram for histogram in feature.num_stats.histograms if histogram.type == kind]
    x, y, total = [quantiles.buckets[0].low_value], [0.0], sum(bucket.sample_count for bucket in quantiles.buckets)
    for bucket in quantiles.buckets:
        x.append(bucket.high_value)
        y.append(y[-1] + bucket.sample_count / total)
    return x, y
