"""From TFMA's files to a gate's findings."""

import itertools
import json
from collections.abc import Iterator
from typing import NamedTuple

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2, metrics_for_slice_pb2

from records.evaluation import CANDIDATE
from records.findings import NOT_MEASURED, Finding


class MetricKey(NamedTuple):
    """One metric of one model on one slice; a change is the difference to the baseline."""

    where: str
    model: str
    metric: str
    is_change: bool


class Limit(NamedTuple):
    """One threshold of one metric; `features` are the slice's features, none for all examples."""

    metric: str
    is_change: bool
    features: tuple[str, ...]
    text: str


def threshold_findings(uri: str, config: config_pb2.EvalConfig, *, gate: str, has_baseline: bool) -> list[Finding]:
    """Each threshold of `config` against each model and slice that it applies to.

    The verdict is TFMA's own: its validation file holds the failures. Its metrics give the values of what passed. A
    threshold whose metric, or all of whose slices, they lack did not pass. Without a baseline no change is judged: a
    first model has nothing to be worse than.

    Args:
      uri: directory of TFMA's output.
      config: EvalConfig with the thresholds.
      gate: name of the gate in the findings.
      has_baseline: whether the config's baseline was there.
    """
    judged = [spec.name for spec in config.model_specs if not spec.is_baseline]
    # TFMA does not name a model that it has alone.
    models = judged if len(judged) + has_baseline > 1 else [""]
    slices, values = _read_metrics(uri)
    failed = set(_failures(uri))
    findings = []
    # A feature that the config names twice is one to TFMA.
    for limit in dict.fromkeys(_limits(config)):
        name = f"{limit.metric}{' against the baseline' if limit.is_change else ''}"
        if limit.is_change and not has_baseline:
            findings.append(_inapplicable(name, limit, gate))
            continue
        held = slices.get(limit.features) or [_empty_slices_text(limit.features)]
        for model, where in itertools.product(models, held):
            key = MetricKey(where, model, limit.metric, limit.is_change)
            findings.append(
                Finding(
                    gate=gate,
                    metric=name,
                    where=", ".join(filter(None, ["" if has_baseline else model, where])),
                    value=values.get(key, NOT_MEASURED),
                    limit=limit.text,
                    passed=key in values and key not in failed,
                    variant="" if has_baseline else model,
                )
            )
    return sorted(findings, key=lambda finding: (finding.metric, finding.where))


def metrics_by_slice(uri: str) -> dict[str, dict[str, float]]:
    """`{slice: {metric: value}}` of the model under judgement, with or without a baseline; '' is all examples."""
    _, values = _read_metrics(uri)
    model = CANDIDATE if any(key.model == CANDIDATE for key in values) else ""
    found: dict[str, dict[str, float]] = {}
    for key, value in values.items():
        if key.model == model and not key.is_change:
            found.setdefault(key.where, {})[key.metric] = value
    return found


def _inapplicable(metric: str, limit: Limit, gate: str) -> Finding:
    return Finding(
        gate=gate, metric=metric, where="", value="no baseline", limit=limit.text, passed=True, applies=False
    )


def _read_metrics(uri: str) -> tuple[dict[tuple[str, ...], list[str]], dict[MetricKey, float]]:
    """The slices that there were by their features, and every metric that is one number."""
    slices: dict[tuple[str, ...], list[str]] = {}
    values = {}
    for metrics in tfma.load_metrics(uri):
        where = _slice_text(metrics.slice_key)
        slices.setdefault(tuple(single.column for single in metrics.slice_key.single_slice_keys), []).append(where)
        for item in metrics.metric_keys_and_values:
            if item.value.HasField("double_value"):
                key = MetricKey(where, item.key.model_name, item.key.name, item.key.is_diff)
                values[key] = item.value.double_value.value
    return slices, values


def _empty_slices_text(features: tuple[str, ...]) -> str:
    """What to call slices that no example fell into."""
    return f"by {', '.join(features)}" if features else ""


def _failures(uri: str) -> Iterator[MetricKey]:
    for validation in tfma.load_validation_result(uri).metric_validations_per_slice:
        for failure in validation.failures:
            key = failure.metric_key
            yield MetricKey(_slice_text(validation.slice_key), key.model_name, key.name, key.is_diff)


def _slice_text(slice_key: metrics_for_slice_pb2.SliceKey) -> str:
    parts = []
    for single in slice_key.single_slice_keys:
        value = getattr(single, single.WhichOneof("kind"))
        parts.append(f"{single.column}={value.decode() if isinstance(value, bytes) else value}")
    return ", ".join(parts)


def _limits(config: config_pb2.EvalConfig) -> Iterator[Limit]:
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
    return json.loads(metric.config or "{}").get("name", metric.class_name)


def _value_limit(threshold: config_pb2.GenericValueThreshold) -> str:
    limits = []
    if threshold.HasField("lower_bound"):
        limits.append(f">= {threshold.lower_bound.value:g}")
    if threshold.HasField("upper_bound"):
        limits.append(f"<= {threshold.upper_bound.value:g}")
    return " and ".join(limits)


def _change_limit(threshold: config_pb2.GenericChangeThreshold) -> str:
    sign = ">=" if threshold.direction == config_pb2.MetricDirection.HIGHER_IS_BETTER else "<="
    return f"{sign} {threshold.absolute.value:+g}"
