"""How far requests in production are from the data that a model is trained on."""

import hashlib
import tempfile
from collections.abc import Container
from pathlib import Path

import tensorflow as tf
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from components.data_gate.anomalies import anomaly_findings
from components.data_gate.drift import distance_finding, distances
from components.data_gate.options import SkewConfig
from data.schema.environments import SERVING, features_in
from data.serving_logs import logged_examples
from records.findings import Finding, skew_of
from records.stores import path_at

LOGS = "serving logs"
ADVICE = (
    "Train on data as clients send it, or mend the clients. If the difference is known, allow the feature a larger "
    "distance in data_gate.skew.features."
)


def skew_findings(
    train: statistics_pb2.DatasetFeatureStatisticsList,
    skew: SkewConfig,
    schema: schema_pb2.Schema,
    *,
    ignored: Container[str],
    directory: str,
) -> list[Finding]:
    """What the logs have that the schema does not allow of requests, and a finding for each feature that clients send.

    Args:
      train: statistics of the train split.
      skew: the config's section.
      schema: schema of raw examples, with the environment SERVING.
      ignored: features whose anomalies stop nothing.
      directory: where the logs' statistics are kept, so that a report can draw them.

    Raises:
      DataError: the logs are not there, cannot be read or are empty.
    """
    logged = log_statistics(skew.logs, schema)
    anomalies = tfdv.validate_statistics(logged, schema, environment=SERVING)
    findings = anomaly_findings(LOGS, anomalies, logged, schema, ignored)
    file = _keep(logged, directory)
    sent = {feature.name for feature in features_in(schema, SERVING)}
    found = {each.feature: each for each in distances(train.datasets[0], logged.datasets[0]) if each.feature in sent}
    for name in (*found, *(name for name in skew.features if name not in found)):
        findings.append(
            distance_finding(
                skew_of(name),
                found.get(name),
                where="split train",
                allowed=skew.allowed(name),
                against=file,
                advice=ADVICE,
            )
        )
    return findings


def log_statistics(logs: str, schema: schema_pb2.Schema) -> statistics_pb2.DatasetFeatureStatisticsList:
    """TFDV's statistics of requests, by the schema's types. Raises DataError as `skew_findings` does."""
    with tempfile.TemporaryDirectory() as directory:
        file = str(Path(directory) / "requests")
        with tf.io.TFRecordWriter(file) as writer:
            for example in logged_examples(logs, schema):
                writer.write(example.SerializeToString())
        return tfdv.generate_statistics_from_tfrecord(file, stats_options=tfdv.StatsOptions(schema=schema))


def _keep(logged: statistics_pb2.DatasetFeatureStatisticsList, directory: str) -> str:
    """Writes the statistics beside those of data that passed, as a dataset of the split that they are compared with."""
    kept = statistics_pb2.DatasetFeatureStatisticsList()
    kept.CopyFrom(logged)
    kept.datasets[0].name = "train"
    content = kept.SerializeToString(deterministic=True)
    file = path_at(directory) / "serving_logs" / f"{hashlib.sha256(content).hexdigest()}.pb"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return str(file)
