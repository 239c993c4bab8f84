"""Choosing one of several compressed models by what may be spent on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from compression.pareto import pareto_front
from records.variants import Choice, Miss


class Budgets(BaseModel):
    """What a model may cost.

    Frozen; unknown keys are refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_bytes: int | None = Field(None, ge=1, description="Of the file.")
    max_latency_ms: float | None = Field(
        None, gt=0, description="p50 at batch 1 on one thread of the machine that runs."
    )
    max_metric_drop: float | None = Field(
        None, ge=0, description="Of the task's first metric on the eval split, against float32; whichever way is worse."
    )
    prefer: Literal["metric", "latency", "bytes"] = Field(
        "metric", description="What is best among variants within the budgets; the others decide between equals."
    )
    among_equals: Literal["bytes", "latency"] = Field(
        "bytes",
        description="What decides among variants whose metrics differ by no more than chance, if the metric does.",
    )


WORDS = {"metric": "the best metric", "latency": "the lowest latency", "bytes": "the fewest bytes"}


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a model costs; of each measure the lower the better, a gain of the metric is a negative drop.

    Attributes:
      equals: names of those whose metric differs from this one's by no more than chance.
    """

    bytes: int
    latency_ms: float
    metric_drop: float
    equals: frozenset[str] = frozenset()


def choose(costs: Mapping[str, Cost], budgets: Budgets) -> Choice:
    """The variant within the budgets that is best by `budgets.prefer`; it is on the Pareto front of those within.

    By the metric, variants whose metrics differ from the best one's by no more than chance are as good as it, and so is
    what is no worse than one of these; `budgets.among_equals` decides.

    Args:
      costs: by variant.
      budgets: those that are None allow anything.
    """
    misses = [miss for name, cost in costs.items() for miss in _misses(name, cost, budgets)]
    front = pareto_front({name: (cost.metric_drop, cost.latency_ms, cost.bytes) for name, cost in costs.items()})
    over = {miss.variant for miss in misses}
    within = {name: cost for name, cost in costs.items() if name not in over}
    if not within:
        reason = f"none of {len(costs)} variants is within the budgets; {'; '.join(map(str, misses))}"
        return Choice(variant=None, reason=reason, front=tuple(front), misses=tuple(misses))
    best, what = _best(within, budgets)
    cost = within[best]
    reason = (
        f"{what} of the {len(within)} of {len(costs)} variants within the budgets, on the eval split: "
        f"metric drop {cost.metric_drop:+.4f}, {cost.latency_ms:.3f} ms, {cost.bytes:,} bytes"
    )
    return Choice(variant=best, reason=reason, front=tuple(front), misses=tuple(misses))


def _best(within: Mapping[str, Cost], budgets: Budgets) -> tuple[str, str]:
    """The best variant's name, and of what it is the best."""
    # Latencies that differ by less than they scatter still decide in the end, so that there is always one answer.
    best = min(within, key=lambda name: _order(within[name], budgets.prefer))
    what = WORDS[budgets.prefer]
    if budgets.prefer != "metric":
        return best, what
    worst_drop = max(within[name].metric_drop for name in within if name == best or name in within[best].equals)
    equals = [name for name in within if name == best or within[name].metric_drop <= worst_drop]
    if len(equals) == 1:
        return best, what
    chosen = min(equals, key=lambda name: _order(within[name], budgets.among_equals))
    return chosen, f"{WORDS[budgets.among_equals]} of the {len(equals)} with the best metric but for chance,"


def _order(cost: Cost, prefer: str) -> tuple[float, ...]:
    measures = {"metric": cost.metric_drop, "latency": cost.latency_ms, "bytes": cost.bytes}
    return (measures.pop(prefer), *measures.values())


def _misses(name: str, cost: Cost, budgets: Budgets) -> list[Miss]:
    held = {
        "max_bytes": (cost.bytes, budgets.max_bytes),
        "max_latency_ms": (cost.latency_ms, budgets.max_latency_ms),
        "max_metric_drop": (cost.metric_drop, budgets.max_metric_drop),
    }
    return [
        Miss(variant=name, budget=budget, value=value, limit=limit)
        for budget, (value, limit) in held.items()
        # Not `value > limit`: a metric that is NaN is over every limit.
        if limit is not None and not value <= limit
    ]
