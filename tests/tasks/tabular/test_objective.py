"""Losses by hand."""

import numpy as np
import pytest

from tasks.tabular.objective import tabular_objective
from tasks.tabular.options import TabularLossOptions


def _loss(options: dict, kind: str, targets: dict, outputs: dict) -> list[float]:
    objective = tabular_objective(TabularLossOptions(**options), kind, example_metric=lambda *_: None)
    return np.asarray(objective.loss(targets, outputs)).tolist()


@pytest.mark.parametrize(
    ("kind", "expected"),
    # Errors of 4 and -1 in labels of deviation 2: 2 and -0.5.
    [(None, [4.0, 0.25]), ("mae", [2.0, 0.5]), ("huber", [1.5, 0.125])],
)
def test_numbers_are_compared_in_deviations_of_the_label(kind, expected):
    scale = np.full((2, 1), 2.0, np.float32)
    targets = {"label": np.array([10.0, 3.0], np.float32), "scale": scale}
    outputs = {"prediction": np.array([[6.0], [4.0]], np.float32)}
    assert _loss({"kind": kind}, "regression", targets, outputs) == pytest.approx(expected)


def test_classes_weigh_what_they_are_given():
    targets, outputs = {"label": np.array([0, 1])}, {"logits": np.log(np.array([[0.8, 0.2], [0.6, 0.4]], np.float32))}
    found = _loss({"class_weights": (1, 3)}, "binary", targets, outputs)
    assert found == pytest.approx([-np.log(0.8), -3 * np.log(0.4)], rel=1e-5)
