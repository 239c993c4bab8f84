import pytest
from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2

from inspection.statistics import read_anomalies, read_statistics


@pytest.fixture
def artifact(tmp_path):
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    dataset = statistics.datasets.add(num_examples=8)
    label = dataset.features.add(name="label")
    label.string_stats.rank_histogram.buckets.add(label="cat", sample_count=6)
    image = dataset.features.add(name="image")
    image.string_stats.rank_histogram.buckets.add(label="__BYTES_VALUE__", sample_count=8)
    price = dataset.features.add(name="price")
    price.num_stats.min, price.num_stats.mean, price.num_stats.max = 1.0, 2.5, 9.0
    price.num_stats.common_stats.num_missing = 2
    anomalies = anomalies_pb2.Anomalies()
    anomalies.anomaly_info["price"].description = "Too few."
    (tmp_path / "Split-train").mkdir()
    (tmp_path / "Split-train" / "FeatureStats.pb").write_bytes(statistics.SerializeToString())
    (tmp_path / "Split-train" / "SchemaDiff.pb").write_bytes(anomalies.SerializeToString())
    return tmp_path


def test_reads_counts_numbers_and_what_is_missing(artifact):
    [train] = read_statistics(artifact)
    assert (train.split, train.num_examples) == ("train", 8)
    label, image, price = train.features
    assert (label.values, label.numbers) == ({"cat": 6}, None)
    assert image.values == {}
    assert (price.numbers, price.missing_share) == ((1.0, 2.5, 9.0), 0.25)


def test_reads_anomalies(artifact):
    assert read_anomalies(artifact) == [("train", "price", "Too few.")]
