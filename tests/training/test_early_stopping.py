import pytest

from training.early_stopping import EarlyStopping


def test_stops_after_patience():
    stopping = EarlyStopping(patience=2)
    seen = [(stopping.update(loss), stopping.should_stop) for loss in [3.0, 1.0, 2.0, 1.5]]
    assert seen == [(True, False), (True, False), (False, False), (False, True)]


def test_without_patience_the_best_is_kept_and_nothing_stopped():
    stopping = EarlyStopping(patience=None)
    seen = [(stopping.update(loss), stopping.should_stop) for loss in [3.0, 1.0, *[2.0] * 100]]
    assert seen == [(True, False), (True, False), *[(False, False)] * 100]


def test_a_fall_below_min_delta_does_not_count():
    stopping = EarlyStopping(patience=1, min_delta=0.5)
    stopping.update(1.0)
    assert not stopping.update(0.6)
    assert stopping.should_stop


def test_a_nan_is_never_the_best():
    assert not EarlyStopping(patience=1).update(float("nan"))


def test_goes_on_from_its_state():
    stopping, again = EarlyStopping(patience=2), EarlyStopping(patience=2)
    for loss in (1.0, 2.0):
        stopping.update(loss)
    again.restore(stopping.state())
    assert not again.update(1.5)
    assert again.should_stop


@pytest.mark.parametrize("options", [{"patience": 0}, {"patience": 1, "min_delta": -1}])
def test_senseless_options_are_refused(options):
    with pytest.raises(ValueError, match="Received: patience="):
        EarlyStopping(**options)
