"""Tests of pairs against values by hand and against independent implementations."""

import numpy as np
import pytest
import scipy.stats
from statsmodels.stats.contingency_tables import mcnemar as reference_mcnemar

from inspection.pairing import common_examples, mcnemar, paired_test, paired_tests
from tests.records.test_predictions import predictions


def _right(*counts: int) -> tuple[np.ndarray, np.ndarray]:
    """Of so many examples both models, the first one alone, the second one alone, and neither is right."""
    first = np.repeat([True, True, False, False], counts)
    second = np.repeat([True, False, True, False], counts)
    return first, second


def test_mcnemar_by_hand():
    """Lost 2, won 8 of 100: P(at most 2 or at least 8 of 10 tosses) = 2 (1 + 10 + 45) / 1024."""
    found = mcnemar(*_right(80, 2, 8, 10))
    assert (found.pairs, found.lost, found.won) == (100, 2, 8)
    assert found.difference == pytest.approx(0.06)
    assert found.p == pytest.approx(112 / 1024)


@pytest.mark.parametrize("counts", [(300, 20, 35, 5), (10, 0, 7, 0), (50, 1, 1, 0)])
def test_mcnemar_by_another_implementation(counts):
    both, lost, won, neither = counts
    expected = reference_mcnemar([[both, lost], [won, neither]], exact=True).pvalue
    assert mcnemar(*_right(*counts)).p == pytest.approx(expected)


def test_the_interval_is_agresti_and_mins():
    # Approval ratings of Agresti, "Categorical Data Analysis", table 10.1: of 1,600, 150 and 86 change their mind. Half
    # of one more each: (86.5 - 150.5) / 1602 = -0.03995; sqrt(237 - 64^2 / 1602) / 1602 * 1.96 = 0.01873.
    found = mcnemar(*_right(794, 150, 86, 570))
    assert (found.low, found.high) == pytest.approx((-0.05868, -0.02122), abs=2e-5)


def test_models_that_say_the_same_do_not_differ():
    values = np.array([0.0, 1.0] * 10)
    found = paired_test(values, values)
    assert (found.p, found.difference, found.lost, found.won) == (1.0, 0.0, 0, 0)
    losses = np.linspace(0.1, 2, 20)
    assert (paired_test(losses, losses).p, paired_test(losses, losses + 0.5).p) == (1.0, 0.0)


def test_losses_have_the_paired_t_test():
    draw = np.random.default_rng(0)
    first, second = draw.exponential(size=(2, 50))
    found, expected = paired_test(first, second), scipy.stats.ttest_rel(second, first)
    assert found.p == pytest.approx(expected.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert found.difference == pytest.approx(second.mean() - first.mean())


def test_intervals_hold_the_difference_as_often_as_they_say():
    """Of pairs right with probabilities 0.8 and 0.85; P(below 931 of 1,000 at 95 %) is below 0.005."""
    draw, held = np.random.default_rng(1), 0
    for _ in range(1000):
        found = mcnemar(draw.random(200) < 0.8, draw.random(200) < 0.85)
        held += found.low <= 0.05 <= found.high
    assert held >= 931


def test_examples_are_paired_by_key_whatever_else_either_run_has():
    first = predictions(keys=[1, 2, 2, 5, 9], values=[[0, 1, 1, 0, 1]])
    second = predictions(keys=[2, 2, 2, 5, 7], values=[[1, 1, 1, 1, 0]])
    mine, theirs = common_examples(first, second)
    assert sorted(zip(first.keys[mine].tolist(), second.keys[theirs].tolist(), strict=True)) == [(2, 2), (2, 2), (5, 5)]
    assert len(set(mine)) == len(set(theirs)) == 3


def _many(values: list[list[float]], **others: object):
    return predictions(keys=list(range(len(values[0]))), values=values, **others)


def test_metrics_of_both_runs_are_tested():
    right = [1.0] * 12 + [0.0] * 8
    losses = [0.1 * place for place in range(20)]
    first = _many([right, losses], metrics=("accuracy", "cross_entropy"))
    second = _many([right[::-1], losses], metrics=("accuracy", "loss"))
    assert paired_tests(first, second, model="candidate").keys() == {"accuracy"}
    assert paired_tests(first, first, model="candidate").keys() == {"accuracy", "cross_entropy"}
    assert paired_tests(first, second, model="int8") == {}


def test_nothing_is_said_of_examples_that_overlap_or_of_few():
    values = [[0.1 * place for place in range(20)]]
    assert paired_tests(_many(values, overlap=True), _many(values), model="candidate") == {}
    few = _many([[1.0, 0.0, 1.0]])
    assert paired_tests(few, few, model="candidate") == {}


def test_values_that_are_no_numbers_are_not_tested():
    values = [[float("nan")] + [0.5] * 19]
    assert paired_tests(_many(values), _many(values), model="candidate") == {}
