"""What TFDV finds by the schema, as findings of the data gate."""

from collections.abc import Container, Iterator

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from records.findings import Finding


def anomaly_findings(
    where: str,
    anomalies: anomalies_pb2.Anomalies,
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
    schema: schema_pb2.Schema,
    ignored: Container[str],
) -> list[Finding]:
    """One finding for every anomaly; one that passed where there is none.

    Args:
      where: what has the anomalies, such as `split train`.
      anomalies: TFDV's.
      statistics: of the same examples.
      schema: what they are held against.
      ignored: features whose anomalies stop nothing.
    """
    if anomalies.HasField("dataset_anomaly_info"):
        described = {"dataset": anomalies.dataset_anomaly_info.description}
    else:
        described = {name: info.description for name, info in anomalies.anomaly_info.items()}
    findings = []
    for name, description in sorted(described.items()):
        missing = missing_values(name, statistics, schema)
        if missing:
            description += f" Missing: {', '.join(missing)}."
        findings.append(
            Finding(
                gate="data",
                metric=f"feature {name}",
                where=where,
                value=description,
                limit="as the schema says",
                passed=name in ignored,
            )
        )
    none_found = Finding(gate="data", metric="anomalies", where=where, value=0, limit="== 0", passed=True)
    return findings or [none_found]


def missing_values(
    name: str, statistics: statistics_pb2.DatasetFeatureStatisticsList, schema: schema_pb2.Schema
) -> list[str]:
    """The values of a categorical feature's domain that no example has, by what they are called."""
    domains = {feature.name: list(_domain(feature)) for feature in schema.feature}
    for feature in statistics.datasets[0].features if statistics.datasets else ():
        if (feature.name or feature.path.step[0]) == name and feature.HasField("string_stats"):
            present = {bucket.label for bucket in feature.string_stats.rank_histogram.buckets}
            return [called for value, called in domains.get(name, []) if value not in present]
    return []


def _domain(feature: schema_pb2.Feature) -> Iterator[tuple[str, str]]:
    """(value, what it is called) of a categorical feature; `annotation.tag` may name the values of integers."""
    if feature.int_domain.is_categorical:
        values = range(feature.int_domain.min, feature.int_domain.max + 1)
        names = list(feature.annotation.tag)
        yield from zip(map(str, values), names if len(names) == len(values) else map(str, values), strict=True)
    yield from ((value, value) for value in feature.string_domain.value)
