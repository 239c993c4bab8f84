"""From TFMA's files to a gate's findings."""

from collections.abc import Iterator
from typing import NamedTuple

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2, metrics_for_slice_pb2

from components.gates import Finding


class Limit(NamedTuple):
    """One threshold of one metric; `features` are the slice's features, none for all examples."""

    metric: str
    is_change: bool
    features: tuple[str, ...]
    text: str


def threshold_findings(uri: str, config: tfma.EvalConfig, *, gate: str) -> list[Finding]:
    """Each threshold of `config` against each model and slice that it applies to.

    The verdict is TFMA's own: its validation file holds the failures. Its metrics give the values of what passed.

    Args:
      uri: directory of TFMA's output.
      config: with the thresholds.
      gate: name of the gate in the findings.
    """
    failed = set(_failures(uri))
    baselines = {spec.name for spec in config.model_specs if spec.is_baseline and len(config.model_specs) > 1}
    limits = list(_limits(config))
    findings = []
    for metrics in tfma.load_metrics(uri):
        where = _slice_text(metrics.slice_key)
        features = tuple(single.column for single in metrics.slice_key.single_slice_keys)
        for item in metrics.metric_keys_and_values:
            key = item.key
            for limit in limits:
                if (limit.metric, limit.is_change, limit.features) != (key.name, key.is_diff, features):
                    continue
                if key.model_name in baselines and not key.is_diff:
                    continue
                findings.append(
                    Finding(
                        gate=gate,
                        figure=f"{key.name}{' against the baseline' if key.is_diff else ''}",
                        where=", ".join(filter(None, [key.model_name if not baselines else "", where])),
                        value=float(item.value.double_value.value),
                        limit=limit.text,
                        passed=(where, key.model_name, key.name, key.is_diff) not in failed,
                    )
                )
    return sorted(findings, key=lambda finding: (finding.figure, finding.where))


def _failures(uri: str) -> Iterator[tuple[str, str, str, bool]]:
    for validation in tfma.load_validation_result(uri).metric_validations_per_slice:
        for failure in validation.failures:
            key = failure.metric_key
            yield _slice_text(validation.slice_key), key.model_name, key.name, key.is_diff


def _slice_text(slice_key: metrics_for_slice_pb2.SliceKey) -> str:
    parts = []
    for single in slice_key.single_slice_keys:
        value = getattr(single, single.WhichOneof("kind"))
        parts.append(f"{single.column}={value.decode() if isinstance(value, bytes) else value}")
    return ", ".join(parts)


def _limits(config: tfma.EvalConfig) -> Iterator[Limit]:
    for metric in (metric for spec in config.metrics_specs for metric in spec.metrics):
        name = tfma_name(metric)
        for per_slice in metric.per_slice_thresholds:
            threshold = per_slice.threshold
            for slicing in per_slice.slicing_specs:
                features = tuple(slicing.feature_keys)
                if threshold.HasField("value_threshold"):
                    yield Limit(name, False, features, _value_limit(threshold.value_threshold))
                if threshold.HasField("change_threshold"):
                    yield Limit(name, True, features, _change_limit(threshold.change_threshold))


def tfma_name(metric: config_pb2.MetricConfig) -> str:
    """The name under which TFMA writes a metric."""
    import json

    return json.loads(metric.config or "{}").get("name", metric.class_name)


def _value_limit(threshold: config_pb2.GenericValueThreshold) -> str:
    limits = []
    if threshold.HasField("lower_bound"):
        limits.append(f">= {threshold.lower_bound.value:g}")
    if threshold.HasField("upper_bound"):
        limits.append(f"<= {threshold.upper_bound.value:g}")
    return " and ".join(limits)


def _change_limit(threshold: config_pb2.GenericChangeThreshold) -> str:
    sign = ">=" if threshold.direction == tfma.MetricDirection.HIGHER_IS_BETTER else "<="
    return f"{sign} {threshold.absolute.value:+g}"
