"""How the values of features are spread, by split or by run, as TFDV counted them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import plotly.graph_objects as go
from tensorflow_metadata.proto.v0 import statistics_pb2

from inspection.charts import PALETTE, as_html
from inspection.statistics import OPAQUE, feature_name
from records.splits import ALL_SPLITS, split_name

if TYPE_CHECKING:
    from etils import epath

HEIGHT = 260
SPLITS = ("train", "eval", "test")
# Of a categorical feature: the most frequent ones.
MAX_VALUES = 40


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """A feature's values in one split; either `shares` or `buckets` are there, or neither of values that are opaque.

    Attributes:
      examples: how many examples there are.
      missing: share of the examples that lack it.
      shares: {value: share of the values} of a categorical feature.
      buckets: (low, high, share of the values) of a number.
      facts: what TFDV says besides, by name.
    """

    examples: int
    missing: float
    shares: Mapping[str, float]
    buckets: Sequence[tuple[float, float, float]]
    facts: Mapping[str, float]


def read_distributions(directory: "epath.Path") -> dict[str, dict[str, Distribution]]:
    """{feature: {split: its distribution}} of a StatisticsGen artifact."""
    found: dict[str, dict[str, Distribution]] = {}
    for path in sorted(directory.glob(f"{ALL_SPLITS}/FeatureStats.pb"), key=_order):
        proto = statistics_pb2.DatasetFeatureStatisticsList.FromString(path.read_bytes())
        for dataset in proto.datasets:
            for feature in dataset.features:
                distribution = _distribution(feature, dataset.num_examples)
                found.setdefault(feature_name(feature), {})[split_name(path.parent.name)] = distribution
    return found


def histogram(feature: str, distributions: Mapping[str, Distribution]) -> str | None:
    """The distributions over each other, as shares; None where there is nothing to draw.

    Args:
      feature: its name.
      distributions: by what they are called: splits, or runs.
    """
    figure = go.Figure()
    shares = {name: each.shares for name, each in distributions.items() if each.shares}
    total = {value: sum(each.get(value, 0) for each in shares.values()) for each in shares.values() for value in each}
    values = sorted(sorted(total, key=lambda value: -total[value])[:MAX_VALUES], key=lambda value: (len(value), value))
    for number, (name, distribution) in enumerate(distributions.items()):
        colour = PALETTE[number % len(PALETTE)]
        if distribution.shares:
            y = [distribution.shares.get(value, 0.0) for value in values]
            figure.add_trace(go.Bar(x=values, y=y, name=name, marker_color=colour))
        elif distribution.buckets:
            x, y = _steps(distribution.buckets)
            figure.add_trace(go.Scatter(x=x, y=y, name=name, mode="lines", line={"color": colour, "shape": "hv"}))
    if not figure.data:
        return None
    figure.update_xaxes(title=feature, type="category" if values else "linear")
    figure.update_yaxes(title="share of values", rangemode="tozero")
    return as_html(figure, height=HEIGHT, is_legend_above=True)


def _order(path: "epath.Path") -> tuple[int, str]:
    """The splits in the order in which they are used."""
    split = split_name(path.parent.name)
    return (SPLITS.index(split) if split in SPLITS else len(SPLITS), split)


def _steps(buckets: Sequence[tuple[float, float, float]]) -> tuple[list[float], list[float]]:
    """Ends of the buckets, and the share of each from its low end on."""
    return [*(low for low, _, _ in buckets), buckets[-1][1]], [*(share for _, _, share in buckets), 0.0]


def _distribution(feature: statistics_pb2.FeatureNameStatistics, examples: int) -> Distribution:
    kind = feature.WhichOneof("stats")
    stats = getattr(feature, kind)
    shares: dict[str, float] = {}
    buckets: list[tuple[float, float, float]] = []
    facts: dict[str, float] = {}
    if kind == "string_stats":
        counted = {bucket.label: bucket.sample_count for bucket in stats.rank_histogram.buckets}
        if OPAQUE not in counted:
            whole = sum(counted.values()) or 1.0
            shares = {label: count / whole for label, count in counted.items()}
        facts = {"distinct": stats.unique}
    elif kind == "num_stats":
        standard = [each for each in stats.histograms if each.type == statistics_pb2.Histogram.STANDARD]
        if standard:
            whole = sum(bucket.sample_count for bucket in standard[0].buckets) or 1.0
            buckets = [(b.low_value, b.high_value, b.sample_count / whole) for b in standard[0].buckets]
        facts = {
            "mean": stats.mean,
            "std dev": stats.std_dev,
            "min": stats.min,
            "median": stats.median,
            "max": stats.max,
        }
    missing = stats.common_stats.num_missing / examples if examples else 0.0
    return Distribution(examples=int(examples), missing=missing, shares=shares, buckets=buckets, facts=facts)
