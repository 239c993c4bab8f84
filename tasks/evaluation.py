"""From a task's metrics and a config's gates to TFMA's EvalConfig."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, model_validator

from data.did_you_mean import did_you_mean
from tasks.base import EvalMetric, Task

if TYPE_CHECKING:
    import tensorflow_model_analysis as tfma

CANDIDATE = "candidate"
BASELINE = "baseline"


class MetricGate(BaseModel):
    """Limits of one metric. A missing limit is no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min: float | None = Field(None, description="Lowest value over all examples.")
    max: float | None = Field(None, description="Highest value over all examples.")
    min_per_slice: float | None = Field(None, description="Lowest value in any slice.")
    max_per_slice: float | None = Field(None, description="Highest value in any slice.")
    max_worsening: float | None = Field(
        None, ge=0, description="How much worse than the baseline the metric may be, absolute, in its own units."
    )

    @model_validator(mode="after")
    def _can_be_kept(self) -> MetricGate:
        if all(getattr(self, limit) is None for limit in type(self).model_fields):
            limits = ", ".join(type(self).model_fields)
            raise ValueError(f"A gate needs one limit at least ({limits}). Received: none. Add one or drop the gate.")
        for lower, upper in (("min", "max"), ("min_per_slice", "max_per_slice")):
            bounds = getattr(self, lower), getattr(self, upper)
            if None not in bounds and bounds[0] > bounds[1]:
                raise ValueError(f"{lower} must not be above {upper}. Received: {bounds[0]} and {bounds[1]}")
        return self

    def holds_slices(self) -> bool:
        """Whether there is a limit for each slice."""
        return self.min_per_slice is not None or self.max_per_slice is not None

    def without_baseline(self) -> MetricGate:
        """The limits that need no other model."""
        return self.model_copy(update={"max_worsening": None})


class WrongGateError(ValueError):
    """A gate that nothing could be held to: on a metric that the task does not compute, or on slices without any."""

    title = "Wrong config"
    exit_code = 2


def check_gates(task: Task, gates: Mapping[str, MetricGate], *, slices: Sequence[str], key: str) -> None:
    """Raises WrongGateError when a gate names no metric of the task, or has limits for slices where there are none;
    `key` is the gates' place in the config."""
    known = [metric.name for metric in task.metrics() if not metric.is_plot]
    for name, gate in gates.items():
        if name not in known:
            raise WrongGateError(
                f"{key} must name metrics of {type(task).__name__}: {', '.join(known)}. Received: {name!r}."
                f"{did_you_mean(name, known)}"
            )
        if gate.holds_slices() and not slices:
            raise WrongGateError(
                f"{key}.{name} can have limits per slice where evaluate.slices names a feature. Received: no slices. "
                f"Name one, or drop the limits per slice."
            )


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
    import tensorflow_model_analysis as tfma

    check_gates(task, gates, slices=slices, key="gates")
    metrics = []
    for metric in task.metrics():
        config = _metric_config(metric)
        if metric.name in gates:
            _add_thresholds(config, metric, gates[metric.name], slices)
        metrics.append(config)
    metrics.append(tfma.MetricConfig(class_name="ExampleCount"))
    return tfma.EvalConfig(
        model_specs=model_specs,
        slicing_specs=[tfma.SlicingSpec(), *(tfma.SlicingSpec(feature_keys=[feature]) for feature in slices)],
        metrics_specs=[tfma.MetricsSpec(metrics=metrics)],
    )


def _metric_config(metric: EvalMetric) -> tfma.MetricConfig:
    import json

    import tensorflow_model_analysis as tfma

    config = json.dumps({**metric.config, "name": metric.name})
    if not metric.module:
        return tfma.MetricConfig(class_name=metric.class_name, config=config)
    path = f"{metric.module}.{metric.class_name}"
    return tfma.MetricConfig(class_name=path, module="tasks.own_metrics", config=config)


def _add_thresholds(config: tfma.MetricConfig, metric: EvalMetric, gate: MetricGate, slices: Sequence[str]) -> None:
    """Adds the gate's limits. Limits over all examples are tied to the overall slice: TFMA's plain `threshold` would
    hold every slice to them."""
    import tensorflow_model_analysis as tfma

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
