import pytest
from pydantic import ValidationError

from components.tuner.options import TuneOptions


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "float", "min": 1.0, "max": 1.0}, "min must be below max"),
        ({"kind": "float", "min": 0.0, "max": 1.0, "log": True}, "above 0 with log"),
        ({"kind": "int", "min": 2, "max": 1}, "Received: min=2, max=1"),
    ],
)
def test_a_range_that_is_none_is_refused(values, message):
    with pytest.raises(ValidationError, match=message):
        TuneOptions(space={"train.learning_rate": values})


def test_a_key_of_another_section_is_refused():
    with pytest.raises(ValidationError, match=r"must start with train\. or options\. Received: 'seed'"):
        TuneOptions(space={"seed": {"kind": "int", "min": 1, "max": 2}})


@pytest.mark.parametrize(
    ("values", "extremes"),
    [
        ({"kind": "float", "min": 0.5, "max": 2.0}, (0.5, 2.0)),
        ({"kind": "int", "min": 1, "max": 4, "step": 3}, (1, 4)),
        ({"kind": "choice", "values": ["adam", "sgd"]}, ("adam", "sgd")),
    ],
)
def test_the_extremes_show_whether_all_values_are_allowed(values, extremes):
    assert TuneOptions(space={"train.x": values}).space["train.x"].extremes() == extremes


def test_a_choice_of_one_is_none():
    with pytest.raises(ValidationError, match="at least 2 items"):
        TuneOptions(space={"train.x": {"kind": "choice", "values": [1]}})
