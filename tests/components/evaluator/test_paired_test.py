"""Models that are equal are told apart as often as the significance says at most, and a worse one is found."""

import numpy as np
import pytest

from components.evaluator.paired_examples import PairedExamples, predicted_examples
from components.evaluator.paired_test import flipped_signs, mcnemar, paired_test, pseudo_values
from components.splits import split_files
from tasks.eval_metric import EvalMetric
from tasks.metric_values import MetricComputer
from tasks.tabular.metrics import METRICS
from tests.components.points import POINTS_CM, SPEC

PAIRS, SIGNIFICANCE = 300, 0.05
# A binomial count of PAIRS at 5 % is above this once in a thousand times.
MOST_ALARMS = 28


class _Binary:
    label_key, prediction_key, evaluation_keys = "label", "probability", ()


METRIC = {metric.name: metric for metric in METRICS["binary"]}


def _examples(labels: np.ndarray, **predictions: np.ndarray) -> PairedExamples:
    each = [np.array([label]) for label in labels]
    return PairedExamples(
        labels=each,
        features=[{"label": label} for label in each],
        predictions={name: list(values[:, None].astype(np.float32)) for name, values in predictions.items()},
    )


def _drawn(draw: np.random.Generator, *, size: int, worse_by: float = 0.0) -> PairedExamples:
    """Probabilities of two models, each with errors of its own: those of `new` are larger by `worse_by`."""
    labels = draw.integers(0, 2, size)
    signal = 2.0 * labels - 1 + draw.normal(size=size)
    logits = {
        name: signal + draw.normal(scale=scale, size=size) for name, scale in (("new", 1 + worse_by), ("old", 1.0))
    }
    return _examples(labels, **{name: 1 / (1 + np.exp(-values)) for name, values in logits.items()})


def test_mcnemar_counts_the_examples_that_one_of_both_tells_right():
    """Lost 8, won 2: P(at least 8 of 10 tosses) = (45 + 10 + 1) / 1024."""
    right = np.array([False] * 8 + [True] * 2 + [True] * 20)
    reference = np.array([True] * 8 + [False] * 2 + [True] * 20)
    assert mcnemar(right, reference).p_value == pytest.approx(56 / 1024)
    assert mcnemar(right, right).p_value == 1.0


def test_signs_are_flipped_by_hand():
    """Of the 8 sums of ±1 ±2 ±3, 6 and 4 are 4 or more: of -1, 2 and 3 the sum is 4."""
    assert flipped_signs(np.array([-1.0, 2.0, 3.0])).p_value == pytest.approx(2 / 8)
    assert flipped_signs(np.zeros(60)).p_value == 1.0


def test_the_same_examples_give_the_same_probability():
    worsening = np.random.default_rng(3).normal(size=60)
    assert flipped_signs(worsening) == flipped_signs(worsening)


def test_pseudo_values_of_a_mean_are_the_means_of_the_groups():
    labels, probabilities = np.array([1, 0, 1, 0, 1, 1]), np.array([0.9, 0.8, 0.7, 0.4, 0.2, 0.6])
    examples = _examples(labels, new=probabilities).inputs("new", key="probability")
    found = pseudo_values(MetricComputer(_Binary, METRIC["cross_entropy"]), examples, groups=3)
    losses = -np.log(np.where(labels == 1, probabilities, 1 - probabilities))
    assert found == pytest.approx([losses[[0, 3]].mean(), losses[[1, 4]].mean(), losses[[2, 5]].mean()], rel=1e-4)


@pytest.mark.parametrize(("metric", "method"), [("accuracy", "McNemar's exact test"), ("auc", "permutation test")])
def test_the_metric_decides_the_test(metric, method):
    found = paired_test(
        _Binary, METRIC[metric], _drawn(np.random.default_rng(0), size=60), model="new", reference="old"
    )
    assert found.method == method


@pytest.mark.parametrize("size", [40, 400])
def test_equal_models_are_told_apart_no_more_often_than_the_significance_says_by_accuracy(size):
    draw = np.random.default_rng(size)
    alarms = sum(
        paired_test(_Binary, METRIC["accuracy"], _drawn(draw, size=size), model="new", reference="old").p_value
        < SIGNIFICANCE
        for _ in range(PAIRS)
    )
    assert alarms <= MOST_ALARMS


@pytest.mark.parametrize("distribution", ["normal", "standard_cauchy"])
def test_nor_by_differences_however_they_are_spread(distribution):
    draw = np.random.default_rng(1)
    alarms = sum(flipped_signs(getattr(draw, distribution)(size=50)).p_value < SIGNIFICANCE for _ in range(100))
    # P(more than 13 of 100 at 5 %) is below 0.001.
    assert alarms <= 13


def test_nor_by_a_metric_that_is_no_mean():
    draw = np.random.default_rng(2)
    pairs = 60
    alarms = sum(
        paired_test(_Binary, METRIC["balanced_accuracy"], _drawn(draw, size=60), model="new", reference="old").p_value
        < SIGNIFICANCE
        for _ in range(pairs)
    )
    # P(more than 9 of 60 at 5 %) is below 0.001.
    assert alarms <= 9


@pytest.mark.parametrize("metric", ["accuracy", "cross_entropy", "balanced_accuracy"])
def test_a_model_that_is_truly_worse_is_found(metric):
    examples = _drawn(np.random.default_rng(5), size=800, worse_by=2.0)
    found = paired_test(_Binary, METRIC[metric], examples, model="new", reference="old")
    assert found.p_value < 0.001


def test_right_is_what_tfma_counts(points):
    """Both models are asked for the same examples, in the order of the file."""
    paths = dict.fromkeys(("candidate", "baseline"), f"{points.model.uri}/Format-Serving")
    examples = predicted_examples(SPEC.load(), split_files(points.examples, "test"), paths)
    assert [int(label[0]) for label in examples.labels] == [int(x > 0) for x, _ in POINTS_CM]
    metric = EvalMetric(name="accuracy", class_name="SparseCategoricalAccuracy")
    computer = MetricComputer(SPEC.load(), metric)
    inputs = examples.inputs("candidate", key="probabilities")
    assert computer.value(computer.accumulate(inputs)) == 1.0
    found = paired_test(SPEC.load(), metric, examples, model="candidate", reference="baseline")
    assert found.p_value == 1.0
