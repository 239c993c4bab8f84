import numpy as np
import pytest

from compression.evaluation import confidence_interval, evaluate


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


def test_without_examples_nothing_is_judged():
    with pytest.raises(ValueError, match=r"one example at least\. Received: none"):
        _evaluate({"float": Constant(0)}, [])
