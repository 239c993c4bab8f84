"""From TFMA's files to a gate's findings."""

import itertools
import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from records.evaluation import CANDIDATE, Interval, confidence_interval
from records.findings import NOT_MEASURED, Finding
from records.slices import column_text, slice_text


class MetricKey(NamedTuple):
    """One metric of one model on one slice."""

    where: str
    model: str
    metric: str


class Limit(NamedTuple):
    """One threshold of one metric; `features` are the slice's features, none for all examples."""

    metric: str
    features: tuple[str, ...]
    text: str


def threshold_findings(uri: str, config: config_pb2.EvalConfig, *, gate: str, has_baseline: bool) -> list[Finding]:
    """Each threshold of `config` against each model and slice that it applies to.

    The verdict is TFMA's own: its validation file holds the failures. Its metrics give the values of what passed. A
    threshold whose metric, or all of whose slices, they lack did not pass.

    Args:
      uri: directory of TFMA's output.
      config: EvalConfig with the thresholds.
      gate: name of the gate in the findings.
      has_baseline: whether the config's baseline was there.
    """
    judged = [spec.name for spec in config.model_specs if not spec.is_baseline]
    # TFMA does not name a model that it has alone.
    models = judged if len(judged) + has_baseline > 1 else [""]
    slices, values, intervals = _read_metrics(uri)
    failed = set(_failures(uri))
    findings = []
    # A feature that the config names twice is one to TFMA.
    for limit in dict.fromkeys(_limits(config)):
        held = slices.get(limit.features) or [_empty_slices_text(limit.features)]
        for model, where in itertools.product(models, held):
            key = MetricKey(where, model, limit.metric)
            findings.append(
                Finding(
                    gate=gate,
                    metric=limit.metric,
                    where=", ".join(filter(None, ["" if has_baseline else model, where])),
                    value=values.get(key, NOT_MEASURED),
                    limit=limit.text,
                    passed=key in values and key not in failed,
                    variant="" if has_baseline else model,
                    interval=intervals.get(key),
                )
            )
    return sorted(findings, key=lambda finding: (finding.metric, finding.where))


def metrics_by_slice(uri: str) -> dict[str, dict[str, float]]:
    """`{slice: {metric: value}}` of the model under judgement, with or without a baseline; '' is all examples."""
    _, values, _ = _read_metrics(uri)
    model = CANDIDATE if any(key.model == CANDIDATE for key in values) else ""
    found: dict[str, dict[str, float]] = {}
    for key, value in values.items():
        if key.model == model:
            found.setdefault(key.where, {})[key.metric] = value
    return found


def _read_metrics(
    uri: str,
) -> tuple[dict[tuple[str, ...], list[str]], dict[MetricKey, float], dict[MetricKey, Interval]]:
    """The slices that there were by their features, every metric that is one number, and the intervals of these."""
    slices: dict[tuple[str, ...], list[str]] = {}
    values: dict[MetricKey, float] = {}
    intervals: dict[MetricKey, Interval] = {}
    for metrics in tfma.load_metrics(uri):
        where = slice_text(metrics.slice_key)
        slices.setdefault(_columns(single.column for single in metrics.slice_key.single_slice_keys), []).append(where)
        for item in metrics.metric_keys_and_values:
            if item.value.HasField("double_value") and not item.key.is_diff:
                key = MetricKey(where, item.key.model_name, item.key.name)
                values[key] = item.value.double_value.value
                if interval := confidence_interval(item):
                    intervals[key] = interval
    return slices, values, intervals


def _columns(columns: Iterable[str]) -> tuple[str, ...]:
    """TFMA has those of a cross in an order of its own."""
    return tuple(sorted(columns))


def _empty_slices_text(features: tuple[str, ...]) -> str:
    """What to call slices that no example fell into."""
    return f"by {', '.join(map(column_text, features))}" if features else ""


def _failures(uri: str) -> Iterator[MetricKey]:
    for validation in tfma.load_validation_result(uri).metric_validations_per_slice:
        for failure in validation.failures:
            key = failure.metric_key
            yield MetricKey(slice_text(validation.slice_key), key.model_name, key.name)


def _limits(config: config_pb2.EvalConfig) -> Iterator[Limit]:
    for metric in (metric for spec in config.metrics_specs for metric in spec.metrics):
        name = tfma_name(metric)
        for per_slice in metric.per_slice_thresholds:
            text = _value_limit(per_slice.threshold.value_threshold)
            for slicing in per_slice.slicing_specs:
                yield Limit(name, _columns(slicing.feature_keys), text)


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
