"""How good converted models are, judged alike on the same examples."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy import stats

CONFIDENCE = 0.95

Arrays = Mapping[str, np.ndarray]
# (targets, outputs `{name: [example, ...]}`) to `[example]`.
ExampleMetric = Callable[[Any, Arrays], Any]


class Predictor(Protocol):
    """Whatever predicts: a TFLite file, a SavedModel."""

    def predict(self, inputs: Arrays) -> Arrays:
        """`{name: [batch, ...]}` to `{name: [batch, ...]}`."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """A model on a set of examples.

    Attributes:
      metric: the mean over examples.
      low: of the mean's 95 % confidence interval.
      high: the same.
      agreement: the metric with what the reference predicts taken for the truth.
      equals: the other models whose metric differs from this one's by no more than chance.
    """

    metric: float
    low: float
    high: float
    agreement: float
    equals: frozenset[str]


def evaluate(
    models: Mapping[str, Predictor],
    batches: Iterable[tuple[Arrays, Any]],
    metric: ExampleMetric,
    *,
    reference: str,
    as_targets: Callable[[Arrays], Any],
) -> dict[str, Evaluation]:
    """Evaluates all models on the same batches.

    Args:
      models: by name.
      batches: of inputs `{name: [batch, ...]}` and targets.
      metric: of one example each.
      reference: the model that the others are to agree with.
      as_targets: makes targets of a model's outputs.

    Raises:
      ValueError: there is no example.
    """
    values: dict[str, list[np.ndarray]] = {name: [] for name in models}
    agreements: dict[str, list[np.ndarray]] = {name: [] for name in models}
    for inputs, targets in batches:
        outputs = {name: model.predict(inputs) for name, model in models.items()}
        taken = as_targets(outputs[reference])
        for name in models:
            values[name].append(np.asarray(metric(targets, outputs[name]), np.float64))
            agreements[name].append(np.asarray(metric(taken, outputs[name]), np.float64))
    if not values[reference]:
        raise ValueError("A model can be judged on one example at least. Received: none. Give the eval split examples.")
    per_example = {name: np.concatenate(parts) for name, parts in values.items()}
    found = {}
    for name, mine in per_example.items():
        low, high = confidence_interval(mine)
        others = {other: theirs for other, theirs in per_example.items() if other != name}
        found[name] = Evaluation(
            metric=float(mine.mean()),
            low=low,
            high=high,
            agreement=float(np.concatenate(agreements[name]).mean()),
            equals=frozenset(other for other, theirs in others.items() if are_equal(mine, theirs)),
        )
    return found


def are_equal(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether the means of `[example]` and `[example]`, of the same examples, differ by no more than chance: the 95 %
    interval of the mean difference, Student's t for pairs, holds 0.

    Source: Student, "The Probable Error of a Mean", Biometrika 6, 1908, section IX.
    """
    low, high = _t_interval(first - second)
    return low <= 0 <= high


def confidence_interval(values: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of the mean of `[example]`.

    Of shares, which are made of zeros and ones, Wilson's: it has a width at 0 and at 1 too. Else Student's t.
    Source: Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22, 1927.
    """
    if np.isin(values, (0, 1)).all():
        interval = stats.binomtest(int(values.sum()), len(values)).proportion_ci(CONFIDENCE, method="wilson")
        return float(interval.low), float(interval.high)
    return _t_interval(values)


def _t_interval(values: np.ndarray) -> tuple[float, float]:
    mean, scale = float(values.mean()), float(stats.sem(values)) if len(values) > 1 else np.inf
    if scale == 0:
        return mean, mean
    low, high = stats.t.interval(CONFIDENCE, max(1, len(values) - 1), loc=mean, scale=scale)
    return float(low), float(high)
