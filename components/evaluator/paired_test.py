"""Whether one model is worse than another by more than chance: one-sided tests, paired by example."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from components.evaluator.paired_examples import PairedExamples
from tasks.base import EvalMetric, Task
from tasks.metric_values import MetricComputer

# Of examples that the jackknife leaves out together: many signs to flip, few metrics to compute.
MAX_GROUPS = 50
FLIPS = 1_999
SEED = 0


@dataclass(frozen=True, kw_only=True)
class PairedTest:
    """`p_value` is the probability of a worsening such as this one or a larger one between models that are equal."""

    p_value: float
    method: str


def paired_test(task: Task, metric: EvalMetric, examples: PairedExamples, *, model: str, reference: str) -> PairedTest:
    """Whether `model` is worse than `reference` by a metric: McNemar's test of accuracies, else a permutation test.

    Args:
      task: whose metric it is.
      metric: the metric.
      examples: what both predict.
      model: name of the model that may be worse.
      reference: name of the other one.
    """
    if metric.class_name in IS_RIGHT and not metric.module and all(label.size == 1 for label in examples.labels):
        labels = np.concatenate(examples.labels)
        right = [
            IS_RIGHT[metric.class_name](labels, np.stack(examples.predictions[name]), metric.config)
            for name in (model, reference)
        ]
        return mcnemar(*right)
    computer = MetricComputer(task, metric)
    groups = min(MAX_GROUPS, len(examples.labels))
    values = [
        pseudo_values(computer, examples.inputs(name, key=task.prediction_key), groups=groups)
        for name in (model, reference)
    ]
    sign = -1 if metric.higher_is_better else 1
    return flipped_signs(sign * (values[0] - values[1]))


def mcnemar(right: np.ndarray, reference: np.ndarray) -> PairedTest:
    """The exact test of who is right of which example, both `[example]` of bool.

    Of the examples that one of two equal models tells right and the other wrong, either has half.
    Source: McNemar, "Note on the sampling error of the difference between correlated proportions", 1947.
    """
    lost, won = int(np.sum(~right & reference)), int(np.sum(right & ~reference))
    p_value = stats.binomtest(lost, lost + won, alternative="greater").pvalue if lost + won else 1.0
    return PairedTest(p_value=float(p_value), method="McNemar's exact test")


def flipped_signs(worsening: np.ndarray) -> PairedTest:
    """The permutation test of differences `[group]`, positive where a model is worse than the other: which of two equal
    models is which is a coin's toss for each group."""
    found = stats.permutation_test(
        (worsening,),
        np.mean,
        permutation_type="samples",
        alternative="greater",
        n_resamples=FLIPS,
        vectorized=True,
        random_state=SEED,
    )
    return PairedTest(p_value=float(found.pvalue), method="permutation test")


def pseudo_values(computer: MetricComputer, examples: Sequence[Any], *, groups: int) -> np.ndarray:
    """What each group of examples contributes to a metric, `[group]`: of a mean, the group's own.

    Every `groups`th example is of one group. Source: Tukey, "Bias and confidence in not-quite large samples", 1958.
    """
    parts = [computer.accumulate(examples[start::groups]) for start in range(groups)]
    before = list(itertools.accumulate(parts, lambda a, b: computer.merge([a, b])))
    after = list(itertools.accumulate(reversed(parts), lambda a, b: computer.merge([a, b])))[::-1]
    whole = float(computer.value(before[-1]))
    if groups == 1:
        return np.array([whole])
    rests = [[*before[:place][-1:], *after[place + 1 :][:1]] for place in range(groups)]
    without = [float(computer.value(computer.merge(rest))) for rest in rests]
    return groups * whole - (groups - 1) * np.array(without)


def _of_classes(labels: np.ndarray, predictions: np.ndarray, config: Mapping[str, Any]) -> np.ndarray:
    return predictions.argmax(axis=-1) == labels


def _of_two_classes(labels: np.ndarray, predictions: np.ndarray, config: Mapping[str, Any]) -> np.ndarray:
    return (predictions.reshape(len(labels)) > config.get("threshold", 0.5)) == labels.astype(bool)


# Of metrics that are the share of examples told right: whether each is, `[example]` of bool, of labels `[example]`,
# predictions `[example, ...]` and the metric's config.
IS_RIGHT: Mapping[str, Callable[[np.ndarray, np.ndarray, Mapping[str, Any]], np.ndarray]] = {
    "SparseCategoricalAccuracy": _of_classes,
    "BinaryAccuracy": _of_two_classes,
}
