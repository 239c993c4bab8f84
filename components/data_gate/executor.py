"""DataGate's runtime."""

import os
from collections.abc import Mapping

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2
from tfx.types import standard_artifacts
from tfx.utils import io_utils

from components.data_gate.anomalies import anomaly_findings
from components.data_gate.drift import drift_findings
from components.data_gate.options import DataGateConfig
from components.data_gate.passed_data import PassedData
from components.data_gate.skew import skew_findings
from components.gates import refuse_if_failed
from records.findings import Finding, write_findings
from records.repairs import read_repairs
from records.rows import read_rows
from records.splits import split_folder


def check_data(
    *,
    examples: standard_artifacts.Examples,
    statistics: standard_artifacts.ExampleStatistics,
    schema: standard_artifacts.Schema,
    anomalies: standard_artifacts.ExampleAnomalies,
    data_gate: DataGateConfig,
    passed_data: str,
    uri: str,
) -> None:
    """Writes the findings to `uri` and, with `drift`, the statistics to `passed_data`. Raises GateRefused when one did
    not pass."""
    findings = repair_findings(read_repairs(examples.uri))
    written = read_rows(examples.uri)
    schema_proto = io_utils.SchemaReader().read(os.path.join(schema.uri, "schema.pbtxt"))
    by_split: dict[str, statistics_pb2.DatasetFeatureStatisticsList] = {}
    for split, min_examples in data_gate.min_examples.items():
        split_statistics = tfdv.load_stats_binary(os.path.join(statistics.uri, split_folder(split), "FeatureStats.pb"))
        by_split[split] = split_statistics
        split_anomalies = anomalies_pb2.Anomalies.FromString(
            io_utils.read_bytes_file(os.path.join(anomalies.uri, split_folder(split), "SchemaDiff.pb"))
        )
        findings.append(count_finding(split, split_statistics, min_examples))
        findings += lost_findings(split, split_statistics, written)
        findings += anomaly_findings(
            f"split {split}", split_anomalies, split_statistics, schema_proto, data_gate.ignore_anomalies
        )
        findings += mean_findings(split, split_statistics, data_gate.max_mean)
    passed = PassedData(passed_data)
    if data_gate.drift is not None:
        findings += drift_findings(by_split, passed, data_gate.drift)
    train = by_split["train"]
    # Of an empty train split another finding tells.
    if data_gate.skew is not None and train.datasets:
        findings += skew_findings(
            train, data_gate.skew, schema_proto, ignored=data_gate.ignore_anomalies, directory=passed_data
        )
    refuse_if_failed(findings)
    write_findings(uri, findings)
    if data_gate.drift is not None:
        passed.add(by_split)


def count_finding(split: str, statistics: statistics_pb2.DatasetFeatureStatisticsList, fewest: int) -> Finding:
    """Whether a split holds enough examples."""
    count = statistics.datasets[0].num_examples if statistics.datasets else 0
    return Finding(
        gate="data",
        metric="examples",
        where=f"split {split}",
        value=count,
        limit=f">= {fewest}",
        passed=count >= fewest,
    )


def lost_findings(
    split: str, statistics: statistics_pb2.DatasetFeatureStatisticsList, written: Mapping[str, int]
) -> list[Finding]:
    """That StatisticsGen saw other rows than ExampleGen wrote; nothing where it saw each. A Beam engine may lose some
    without an error (tensorflow/data-validation, issue 247)."""
    count = statistics.datasets[0].num_examples if statistics.datasets else 0
    if count == written.get(split, count):
        return []
    return [
        Finding(
            gate="data",
            metric="examples that StatisticsGen saw",
            where=f"split {split}",
            value=count,
            limit=f"== {written[split]}, which ExampleGen wrote",
            passed=False,
            advice="Run again; if Beam loses rows again, take another beam.engine or beam.mode.",
        )
    ]


def repair_findings(repairs: Mapping[str, int]) -> list[Finding]:
    """What reading the source repaired, as the config allows it: reported, never refused."""
    return [
        Finding(gate="data", metric=f"repaired: {what}", where="", value=count, limit="as allowed", passed=True)
        for what, count in repairs.items()
    ]


def mean_findings(
    split: str, statistics: statistics_pb2.DatasetFeatureStatisticsList, limits: Mapping[str, float]
) -> list[Finding]:
    """The mean of a feature over a split against its limit; of a feature that is not there, no number."""
    means = {
        feature.name or feature.path.step[0]: feature.num_stats.mean
        for dataset in statistics.datasets
        for feature in dataset.features
        if feature.HasField("num_stats")
    }
    return [
        Finding(
            gate="data",
            metric=f"mean of {name}",
            where=f"split {split}",
            value=means.get(name, float("nan")),
            limit=f"<= {limit:g}",
            passed=means.get(name, float("nan")) <= limit,
        )
        for name, limit in limits.items()
    ]
