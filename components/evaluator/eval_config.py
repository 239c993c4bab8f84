"""From a task's metrics and a config's gates to TFMA's EvalConfig."""

from collections.abc import Mapping, Sequence

from tensorflow_model_analysis.proto import config_pb2

from components.evaluator.options import Measuring, MetricGate, check_gates
from components.evaluator.slicing import columns_of
from tasks.base import Task
from tasks.metric_config import metric_config


def eval_config(
    task: Task,
    *,
    gates: Mapping[str, MetricGate],
    measuring: Measuring,
    model_specs: Sequence[config_pb2.ModelSpec],
) -> config_pb2.EvalConfig:
    """An EvalConfig that computes every metric, overall and by slice, and validates the gates'
    limits on values. Those on changes are held in `components.evaluator.worsening`.

    Raises:
      WrongGateError: a limit that no threshold of the EvalConfig could hold.
    """
    check_gates(task, gates, slices=measuring.slices, key="gates")
    slicing = [config_pb2.SlicingSpec(feature_keys=columns_of(slices)) for slices in measuring.slices]
    metrics = []
    for metric in task.metrics():
        config = metric_config(metric)
        if metric.name in gates:
            _add_thresholds(config, gates[metric.name], slicing)
        metrics.append(config)
    metrics.append(config_pb2.MetricConfig(class_name="ExampleCount"))
    return config_pb2.EvalConfig(
        model_specs=model_specs,
        slicing_specs=[config_pb2.SlicingSpec(), *slicing],
        metrics_specs=[config_pb2.MetricsSpec(metrics=metrics)],
        options=_options(measuring.confidence),
    )


def _options(confidence: str | None) -> config_pb2.Options:
    options = config_pb2.Options()
    if confidence is not None:
        options.compute_confidence_intervals.value = True
        methods = config_pb2.ConfidenceIntervalOptions.ConfidenceIntervalMethod
        options.confidence_intervals.method = methods.Value(confidence.upper())
    return options


def _add_thresholds(
    config: config_pb2.MetricConfig, gate: MetricGate, slicing: Sequence[config_pb2.SlicingSpec]
) -> None:
    """Adds the gate's limits. Limits over all examples are tied to the overall slice: TFMA's plain `threshold` would
    hold every slice to them."""
    if gate.min is not None or gate.max is not None:
        overall = config_pb2.GenericValueThreshold()
        _set_bounds(overall, gate.min, gate.max)
        config.per_slice_thresholds.append(
            config_pb2.PerSliceMetricThreshold(
                slicing_specs=[config_pb2.SlicingSpec()],
                threshold=config_pb2.MetricThreshold(value_threshold=overall),
            )
        )
    if gate.holds_slices():
        by_slice = config_pb2.GenericValueThreshold()
        _set_bounds(by_slice, gate.min_per_slice, gate.max_per_slice)
        config.per_slice_thresholds.append(
            config_pb2.PerSliceMetricThreshold(
                slicing_specs=slicing,
                threshold=config_pb2.MetricThreshold(value_threshold=by_slice),
            )
        )


def _set_bounds(threshold: config_pb2.GenericValueThreshold, lower: float | None, upper: float | None) -> None:
    if lower is not None:
        threshold.lower_bound.value = lower
    if upper is not None:
        threshold.upper_bound.value = upper
