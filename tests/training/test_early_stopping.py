import keras
import numpy as np
import pytest

from training.early_stopping import EarlyStopping


@pytest.fixture
def model():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    return model


def test_stops_after_patience_and_restores_the_best(model):
    stopping = EarlyStopping(patience=2)
    seen = []
    for weight, loss in enumerate([3.0, 1.0, 2.0, 1.5]):
        model.set_weights([np.full((1, 1), weight, np.float32)])
        seen.append((stopping.update(loss, model), stopping.should_stop))
    assert seen == [(True, False), (True, False), (False, False), (False, True)]
    stopping.restore(model)
    assert model.get_weights()[0].item() == 1


def test_a_fall_below_min_delta_does_not_count(model):
    stopping = EarlyStopping(patience=1, min_delta=0.5)
    stopping.update(1.0, model)
    assert not stopping.update(0.6, model)
    assert stopping.should_stop


def test_a_nan_is_never_the_best(model):
    assert not EarlyStopping(patience=1).update(float("nan"), model)


@pytest.mark.parametrize("options", [{"patience": 0}, {"patience": 1, "min_delta": -1}])
def test_senseless_options_are_refused(options):
    with pytest.raises(ValueError, match="Received: patience="):
        EarlyStopping(**options)
