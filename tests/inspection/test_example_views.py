import math

import numpy as np
import pytest

from inspection.evaluation_results import MetricValue
from inspection.example_views import example_views, said_by
from inspection.horizon import errors_by_step
from records.shown_examples import ShownExample
from tests.inspection.evaluated_runs import said

PIXEL = {"image": "png", "data": "iVBORw0KGgo="}


def _example(*, label=(1.0,), output=(0.3, 0.7), loss=0.36, key="01", **features) -> ShownExample:
    return ShownExample(key=key, loss=loss, slices=("label=1",), label=label, output=output, features=features)


def _view(example, *, kind="classes", threshold=0.5, labels=("cat", "dog")):
    [view] = example_views([example], kind=kind, threshold=threshold, labels=labels, slice_names={"label=1": "dog"})
    return view


def test_an_image_is_a_picture_with_what_was_said():
    view = _view(_example(image=PIXEL, camera=["left"], size=[3.0, float("nan")]))
    assert view.images == ("data:image/png;base64,iVBORw0KGgo=",)
    assert (view.truth, view.told, view.is_wrong) == ("dog", "dog (70.0%)", False)
    assert view.slices == ("dog",)
    assert view.caption == "test example, is dog, said dog (70.0%)"
    assert view.fields == (("camera", "left"), ("size", "3, –"))


@pytest.mark.parametrize(("threshold", "told"), [(0.5, "dog (60.0%)"), (0.7, "cat (40.0%)")])
def test_one_probability_is_of_the_second_class(threshold, told):
    assert _view(_example(output=(0.6,)), threshold=threshold).told == told


def test_a_number_is_neither_right_nor_wrong():
    view = _view(_example(label=(2.5,), output=(2.0,)), kind="number")
    assert (view.truth, view.told, view.is_wrong) == ("2.5", "2", None)


def test_a_window_is_drawn():
    """Two channels, of which the first is drawn: 0 and 10, then 5, where 10 was forecast."""
    example = _example(label=(5.0, 70.0), output=(10.0, 90.0), history=[0.0, 80.0, 10.0, 60.0], scale=[1.0, 1.0])
    view = _view(example, kind="other")
    assert 'class="history" points="4.0,116.0 160.0,4.0"' in view.drawing
    assert 'class="future" points="316.0,60.0"' in view.drawing
    assert 'class="forecast" points="316.0,4.0"' in view.drawing
    assert view.fields == ()


def test_values_that_are_missing_are_passed_over():
    example = _example(label=(math.nan,), output=(), history=[0.0, math.nan, 10.0], scale=[1.0])
    drawing = _view(example, kind="other").drawing
    assert drawing.count(",116.0") == 1
    assert 'class="future" points=""' in drawing


def test_another_models_answers_take_the_place_of_the_first_ones():
    found = said(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0, 1]))
    examples = [_example(key="01"), _example(key="77")]
    [example] = said_by(examples, found, "candidate")
    assert example.output == pytest.approx((0.2, 0.8))
    assert example.loss == pytest.approx(-math.log(0.8))


def test_parts_of_the_horizon_are_bars_in_their_order():
    values = [
        MetricValue(model="", where=where, metric=metric, value=value)
        for where, metric, value in (
            ("", "mase_steps_13_24", 2.0),
            ("", "mase_steps_1_12", 1.0),
            ("hour=3", "mase_steps_1_12", 9.0),
            ("", "mase", 1.5),
        )
    ]
    [(metric, chart)] = errors_by_step(values)
    assert metric == "mase"
    assert '"x":["1 to 12","13 to 24"],"y":[1.0,2.0]' in chart
