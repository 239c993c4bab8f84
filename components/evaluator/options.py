"""The config's section `evaluate`. Needs neither TensorFlow nor TFX."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from components.evaluator.fairness_options import FairnessConfig
from components.evaluator.slicing import Slices
from components.sections import Section
from data.did_you_mean import did_you_mean
from tasks.base import Task


class RelativeChange(Section):
    """A change by its share of the value that it is held against."""

    relative: float = Field(ge=0, description="Share of the other model's value, such as 0.02.")


class MetricGate(Section):
    """Limits of one metric. A missing limit is no limit."""

    min: float | None = Field(None, description="Lowest value over all examples.")
    max: float | None = Field(None, description="Highest value over all examples.")
    min_per_slice: float | None = Field(None, description="Lowest value in any slice.")
    max_per_slice: float | None = Field(None, description="Highest value in any slice.")
    max_worsening: Annotated[float, Field(ge=0)] | RelativeChange | None = Field(
        None,
        description="How much worse than the other model the metric may be: in its own units, or {relative: 0.02}, a "
        "share of the other's value.",
    )
    significance: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="A worsening beyond max_worsening counts only if a paired test on the same examples puts it down "
        "to chance with less than this probability, such as 0.05; default: every one counts.",
    )

    @model_validator(mode="after")
    def _can_be_kept(self) -> "MetricGate":
        limits = [name for name in type(self).model_fields if name != "significance"]
        if all(getattr(self, limit) is None for limit in (*limits, "significance")):
            raise ValueError(
                f"A gate needs one limit at least ({', '.join(limits)}). Received: none. Add one or drop the gate."
            )
        if self.significance is not None and self.max_worsening is None:
            raise ValueError(
                f"significance says which worsening counts, and needs max_worsening, 0 for any. "
                f"Received: significance: {self.significance:g} alone"
            )
        for lower, upper in (("min", "max"), ("min_per_slice", "max_per_slice")):
            bounds = getattr(self, lower), getattr(self, upper)
            if None not in bounds and bounds[0] > bounds[1]:
                raise ValueError(f"{lower} must not be above {upper}. Received: {bounds[0]} and {bounds[1]}")
        return self

    def holds_slices(self) -> bool:
        """Whether there is a limit for each slice."""
        return self.min_per_slice is not None or self.max_per_slice is not None


class Measuring(Section):
    """How metrics are computed, of the SavedModel and of converted files alike."""

    slices: tuple[Slices, ...] = Field(
        (),
        description="What to slice by: a raw feature; intervals of one, {feature: age, boundaries: [18, 65]}; or a "
        "list of these, for each combination of their values.",
    )
    confidence: Literal["jackknife", "poisson_bootstrap"] | None = Field(
        None,
        description="By what TFMA tells the interval in which each metric is, with a confidence of 95 %; default: no "
        "intervals.",
    )


class EvaluateConfig(Measuring):
    """TFMA's judgement of the SavedModel and its limits."""

    gates: dict[str, MetricGate] = Field(
        min_length=1, description="Limits by metric. Without any, no model would be refused; so one is required."
    )
    fairness: FairnessConfig | None = Field(
        None, description="Compare groups, of tasks with two classes; default: no comparison."
    )
    incomparable_baseline: Literal["refuse", "ignore"] = Field(
        "refuse",
        description="Models of other classes or outputs than production's, to which no limit on change applies.",
    )


class WrongGateError(ValueError):
    """A gate that nothing could be held to: on a metric that the task does not compute, or on slices without any."""

    title = "Wrong config"
    exit_code = 2


def check_gates(task: Task, gates: Mapping[str, MetricGate], *, slices: Sequence[Slices], key: str) -> None:
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
