import numpy as np
import pytest

from compression.evaluation import are_equal, confidence_interval, evaluate


class Constant:
    """Predicts the same classes for every batch."""

    def __init__(self, *classes: int) -> None:
        self.classes = np.array(classes)

    def predict(self, inputs):
        return {"class": self.classes[: len(inputs["x"])]}


def _correct(targets, outputs):
    return targets["class"] == outputs["class"]


def _evaluate(models, batches):
    return evaluate(models, batches, _correct, reference="float", as_targets=lambda outputs: outputs)


def test_metric_and_agreement_by_hand():
    inputs, truth = {"x": np.zeros(4)}, {"class": np.array([0, 1, 2, 3])}
    models = {"float": Constant(0, 1, 2, 0), "small": Constant(0, 1, 0, 0)}
    # A second batch of one example, on which both are wrong in the same way.
    found = _evaluate(models, [(inputs, truth), ({"x": np.zeros(1)}, {"class": np.array([5])})])
    assert (found["float"].metric, found["float"].agreement) == (3 / 5, 1.0)
    assert (found["small"].metric, found["small"].agreement) == (2 / 5, 4 / 5)


def test_wilson_s_interval():
    # Newcombe, Statistics in Medicine 17, 1998, table I, method 3: 81 of 263, and 0 of 20.
    assert confidence_interval(np.repeat([1.0, 0.0], [81, 182])) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert confidence_interval(np.zeros(20)) == pytest.approx((0.0, 0.1611), abs=1e-4)


def test_student_s_interval():
    # 1, 2, 3, 4: mean 2.5, standard deviation 1.2910, and t is 3.1824 at three degrees of freedom.
    half = 3.1824 * 1.2910 / 2
    assert confidence_interval(np.arange(1.0, 5.0)) == pytest.approx((2.5 - half, 2.5 + half), abs=1e-3)


def test_one_value_tells_nothing_of_the_others():
    low, high = confidence_interval(np.array([2.5]))
    assert (low, high) == (-np.inf, np.inf)


def _right(*, first: int, second: int, both: int, of: int) -> tuple[np.ndarray, np.ndarray]:
    """1 for each of so many examples that only the first, only the second, or both are right on."""
    mine, theirs = np.zeros(of), np.zeros(of)
    mine[: first + both], theirs[first : first + both + second] = 1, 1
    return mine, theirs


# 100 pairs, t is 1.9842 at 99 degrees of freedom. 3 to 0: mean 0.03, deviation 0.17145, 0.03 -+ 0.03402 holds 0.
# 4 to 0: 0.04 -+ 1.9842 * 0.019695 = 0.03908 does not. 8 to 2: 0.06 -+ 1.9842 * 0.031205 = 0.06192 does.
@pytest.mark.parametrize(
    ("first", "second", "expected"), [(0, 0, True), (3, 0, True), (4, 0, False), (0, 4, False), (8, 2, True)]
)
def test_what_differs_by_chance_alone_is_equal(first, second, expected):
    assert are_equal(*_right(first=first, second=second, both=80, of=100)) == expected


def test_differences_are_taken_example_by_example():
    """Errors that scatter widely, of which one model's are always a little larger; the same errors, mixed up, tell
    nothing."""
    errors = np.arange(20.0)
    worse = errors + 0.1 + 0.01 * np.cos(np.pi * errors)
    assert not are_equal(worse, errors)
    assert are_equal(worse, errors[::-1])


@pytest.mark.parametrize("values", [[0.5], [np.nan, np.nan]])
def test_one_example_tells_nothing_apart_and_what_is_no_number_equals_nothing(values):
    assert are_equal(np.array(values), np.array(values) + 1) == (len(values) == 1)


def test_each_model_knows_its_equals():
    inputs, truth = {"x": np.zeros(8)}, {"class": np.zeros(8)}
    models = {"float": Constant(*[0] * 8), "same": Constant(*[0] * 7, 1), "broken": Constant(*[1] * 8)}
    found = _evaluate(models, [(inputs, truth)])
    assert {name: set(each.equals) for name, each in found.items()} == {
        "float": {"same"},
        "same": {"float"},
        "broken": set(),
    }


def test_without_examples_nothing_is_judged():
    with pytest.raises(ValueError, match=r"one example at least\. Received: none"):
        _evaluate({"float": Constant(0)}, [])
