"""Curves against scikit-learn's."""

import numpy as np
import pytest
from sklearn import metrics

from inspection.prediction_charts import GRID, judged, precision_recall, prediction_charts, roc_curve
from records.predictions import Predictions
from tests.inspection.evaluated_runs import said


def _drawn(seed: int, *, levels: int) -> tuple[np.ndarray, np.ndarray]:
    """Who is positive, and scores of so many different values."""
    draw = np.random.default_rng(seed)
    is_positive = draw.random(300) < 0.3
    return is_positive, np.round((draw.normal(size=300) + is_positive) * levels) / levels


@pytest.mark.parametrize("levels", [2, 10_000])
def test_areas_are_scikit_learns(levels):
    is_positive, scores = _drawn(0, levels=levels)
    assert roc_curve(is_positive, scores)[1] == pytest.approx(metrics.roc_auc_score(is_positive, scores))
    expected = metrics.average_precision_score(is_positive, scores)
    assert precision_recall(is_positive, scores)[1] == pytest.approx(expected)


@pytest.mark.parametrize("levels", [2, 10_000])
def test_curves_hold_their_own_at_every_place(levels):
    is_positive, scores = _drawn(1, levels=levels)
    false_rates, rates, _ = metrics.roc_curve(is_positive, scores)
    best = [rates[false_rates <= place + 1e-12].max() for place in GRID]
    assert roc_curve(is_positive, scores)[0] == pytest.approx(best)
    precision, recall, _ = metrics.precision_recall_curve(is_positive, scores)
    # Its last point, no example at all, is no threshold.
    best = [precision[:-1][recall[:-1] >= place - 1e-12].max() for place in GRID]
    assert precision_recall(is_positive, scores)[0] == pytest.approx(best)


LABELS = np.array([0, 0, 1, 1, 2, 2])
PROBABILITIES = np.array(
    [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1], [0.1, 0.75, 0.15], [0.3, 0.3, 0.4], [0.0, 0.05, 0.95]]
)


def test_a_classifier_has_four_charts():
    found = said(PROBABILITIES, LABELS)
    charts = {title: note for title, note, _ in prediction_charts(found, "candidate", ())}
    assert list(charts) == ["Confusion", "Calibration", "ROC", "Precision and recall"]
    # By hand: said 0.8, 0.7, 0.8, 0.75, 0.4 and 0.95, of which the 0.7 is wrong; bins of 0.1 from 0.4, 0.7, 0.8, 0.9.
    expected = (abs(0.4 - 1) + abs(1.45 - 1) + abs(1.6 - 2) + abs(0.95 - 1)) / 6
    assert charts["Calibration"].endswith(f": {expected:.4f}.")


def _binary(threshold: float) -> Predictions:
    found = said(np.array([[0.7, 0.3], [0.4, 0.6], [0.2, 0.8]]), np.array([0, 0, 1]))
    return Predictions(**{**vars(found), "outputs": found.outputs[..., 1:], "threshold": threshold})


@pytest.mark.parametrize(("threshold", "told"), [(0.5, [0, 1, 1]), (0.7, [0, 0, 1])])
def test_one_probability_is_of_the_second_class(threshold, told):
    found = judged(_binary(threshold), "candidate")
    assert found.told.tolist() == told
    assert found.probabilities[0] == pytest.approx([0.7, 0.3])


def test_numbers_are_drawn_against_their_labels():
    values = dict(vars(said(PROBABILITIES, LABELS)), kind="number", labels=np.array([1.5, 2.5], np.float32))
    found = Predictions(**{**values, "outputs": np.array([[[1.0], [3.0]]], np.float32)})
    [(title, _, chart)] = prediction_charts(found, "candidate", ())
    assert title == "Predictions"
    assert '"x":[1.5,2.5],"y":[1.0,3.0]' in chart


def test_what_was_too_long_to_keep_has_no_chart():
    found = said(PROBABILITIES, LABELS)
    without = Predictions(**{**vars(found), "outputs": found.outputs[..., :0]})
    assert list(prediction_charts(without, "candidate", ())) == []
