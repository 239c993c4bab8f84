"""Data statistics and anomalies, as StatisticsGen and ExampleValidator left them."""

from collections.abc import Iterator
from dataclasses import dataclass

from etils import epath
from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2

from records.splits import ALL_SPLITS, split_name

# What TFDV counts in place of values that are plain bytes, such as images.
OPAQUE = "__BYTES_VALUE__"


@dataclass(frozen=True, kw_only=True)
class FeatureStatistics:
    """One feature in one split; `values` counts each value of a categorical one, `numbers` is (min, mean, max)."""

    name: str
    missing_share: float
    values: dict[str, int]
    numbers: tuple[float, float, float] | None


@dataclass(frozen=True, kw_only=True)
class SplitStatistics:
    """One split."""

    split: str
    num_examples: int
    features: tuple[FeatureStatistics, ...]


def read_statistics(directory: epath.Path) -> list[SplitStatistics]:
    """Statistics of every split below a StatisticsGen artifact."""
    found = []
    for path in sorted(directory.glob(f"{ALL_SPLITS}/FeatureStats.pb")):
        proto = statistics_pb2.DatasetFeatureStatisticsList.FromString(path.read_bytes())
        for dataset in proto.datasets:
            features = tuple(_feature(feature, dataset.num_examples) for feature in dataset.features)
            split = split_name(path.parent.name)
            found.append(SplitStatistics(split=split, num_examples=dataset.num_examples, features=features))
    return found


def read_anomalies(directory: epath.Path) -> list[tuple[str, str, str]]:
    """(split, feature, description) of every anomaly below an ExampleValidator artifact."""
    return [anomaly for path in sorted(directory.glob(f"{ALL_SPLITS}/SchemaDiff.pb")) for anomaly in _anomalies(path)]


def feature_name(feature: statistics_pb2.FeatureNameStatistics) -> str:
    """The name of a feature, which statistics give whole or as a path."""
    return feature.name or "/".join(feature.path.step)


def _anomalies(path: epath.Path) -> Iterator[tuple[str, str, str]]:
    proto = anomalies_pb2.Anomalies.FromString(path.read_bytes())
    split = split_name(path.parent.name)
    if proto.HasField("dataset_anomaly_info"):
        yield split, "dataset", proto.dataset_anomaly_info.description
    for name, info in sorted(proto.anomaly_info.items()):
        yield split, name, info.description


def _feature(feature: statistics_pb2.FeatureNameStatistics, num_examples: int) -> FeatureStatistics:
    kind = feature.WhichOneof("stats")
    stats = getattr(feature, kind)
    buckets = stats.rank_histogram.buckets if kind == "string_stats" else ()
    is_number = kind == "num_stats"
    return FeatureStatistics(
        name=feature_name(feature),
        missing_share=stats.common_stats.num_missing / num_examples if num_examples else 0.0,
        values={bucket.label: int(bucket.sample_count) for bucket in buckets if bucket.label != OPAQUE},
        numbers=(stats.min, stats.mean, stats.max) if is_number else None,
    )
