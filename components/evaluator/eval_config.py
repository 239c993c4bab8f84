"""From a task's metrics and a config's gates to TFMA's EvalConfig."""

from collections.abc import Mapping, Sequence

import tensorflow_model_analysis as tfma

from components.evaluator.options import MetricGate, check_gates
from tasks.base import EvalMetric, Task
from tasks.metric_config import metric_config


def eval_config(
    task: Task,
    *,
    gates: Mapping[str, MetricGate],
    slices: Sequence[str],
    model_specs: Sequence[tfma.ModelSpec],
) -> tfma.EvalConfig:
    """An EvalConfig that computes every metric, overall and by each feature in `slices`, and validates the gates.

    Raises:
      WrongGateError: a limit that no threshold of the EvalConfig could hold.
    """
    check_gates(task, gates, slices=slices, key="gates")
    metrics = []
    for metric in task.metrics():
        config = metric_config(metric)
        if metric.name in gates:
            _add_thresholds(config, metric, gates[metric.name], slices)
        metrics.append(config)
    metrics.append(tfma.MetricConfig(class_name="ExampleCount"))
    return tfma.EvalConfig(
        model_specs=model_specs,
        slicing_specs=[tfma.SlicingSpec(), *(tfma.SlicingSpec(feature_keys=[feature]) for feature in slices)],
        metrics_specs=[tfma.MetricsSpec(metrics=metrics)],
    )


def _add_thresholds(config: tfma.MetricConfig, metric: EvalMetric, gate: MetricGate, slices: Sequence[str]) -> None:
    """Adds the gate's limits. Limits over all examples are tied to the overall slice: TFMA's plain `threshold` would
    hold every slice to them."""
    overall = tfma.GenericValueThreshold()
    _set_bounds(overall, gate.min, gate.max)
    threshold = tfma.MetricThreshold()
    if gate.min is not None or gate.max is not None:
        threshold.value_threshold.CopyFrom(overall)
    if gate.max_worsening is not None:
        sign = -1 if metric.higher_is_better else 1
        direction = (
            tfma.MetricDirection.HIGHER_IS_BETTER if metric.higher_is_better else tfma.MetricDirection.LOWER_IS_BETTER
        )
        threshold.change_threshold.direction = direction
        threshold.change_threshold.absolute.value = sign * gate.max_worsening
    if threshold.ByteSize():
        config.per_slice_thresholds.append(
            tfma.PerSliceMetricThreshold(slicing_specs=[tfma.SlicingSpec()], threshold=threshold)
        )
    if gate.holds_slices():
        by_slice = tfma.GenericValueThreshold()
        _set_bounds(by_slice, gate.min_per_slice, gate.max_per_slice)
        config.per_slice_thresholds.append(
            tfma.PerSliceMetricThreshold(
                slicing_specs=[tfma.SlicingSpec(feature_keys=[feature]) for feature in slices],
                threshold=tfma.MetricThreshold(value_threshold=by_slice),
            )
        )


def _set_bounds(threshold: tfma.GenericValueThreshold, lower: float | None, upper: float | None) -> None:
    if lower is not None:
        threshold.lower_bound.value = lower
    if upper is not None:
        threshold.upper_bound.value = upper
