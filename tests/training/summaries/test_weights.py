import math

import keras
import numpy as np
import pytest

from tests.training.summaries import stubs
from tests.training.writers.recording import Recording
from training.summaries import WeightSummaries


@pytest.fixture
def model():
    x = keras.Input((2,))
    model = keras.Model(x, keras.layers.BatchNormalization(name="norm")(keras.layers.Dense(1, name="d")(x)))
    model.get_layer("d").set_weights([np.array([[3.0], [4.0]]), np.array([12.0])])
    return model


@pytest.fixture
def gradients(model):
    return {variable.path: np.full(variable.shape, 2.0, np.float32) for variable in model.trainable_variables}


def _run(model, calls, **options):
    recording, loop = Recording(), stubs.Loop(model)
    hook = WeightSummaries(recording, every_steps=10, **options)
    hook.on_train_begin(loop)
    for call in calls:
        hook.on_steps(call)
    return recording, loop


def test_norms_are_those_of_a_hand_calculation(model, gradients):
    recording, _ = _run(model, [stubs.steps(10), stubs.steps(11, gradients=gradients)])
    [(step, norms)] = recording.of("scalars")
    assert step == 11
    assert norms["weight_norm/d/kernel"] == 5
    assert norms["weight_norm/d/bias"] == 12
    # With gamma at one and beta at zero; moving statistics are no trained weights.
    assert norms["weight_norm/global"] == pytest.approx(math.sqrt(25 + 144 + 1))
    assert norms["gradient_norm/d/kernel"] == pytest.approx(math.sqrt(8))
    assert norms["gradient_norm/global"] == pytest.approx(math.sqrt(5 * 4))
    assert len(norms) == 2 * (4 + 1)


def test_histograms_hold_weights_and_gradients(model, gradients):
    recording, _ = _run(model, [stubs.steps(11, gradients=gradients)])
    [(_, arrays)] = recording.of("histograms")
    assert arrays["weights/d/kernel"].tolist() == [[3], [4]]
    assert arrays["gradients/d/bias"].tolist() == [2]


def test_histograms_can_be_left_out(model, gradients):
    recording, _ = _run(model, [stubs.steps(11, gradients=gradients)], histograms=False)
    assert recording.of("scalars")
    assert not recording.of("histograms")


def test_asks_for_gradients_at_each_multiple_only(model, gradients):
    asked = []
    recording, loop = Recording(), stubs.Loop(model)
    hook = WeightSummaries(recording, every_steps=10)
    hook.on_train_begin(loop)
    for step in range(1, 25):
        given = gradients if asked[-1:] == [step - 1] else {}
        requests = loop.requests
        hook.on_steps(stubs.steps(step, gradients=given))
        asked += [step] * (loop.requests - requests)
    assert asked == [10, 20]
    assert [step for step, _ in recording.of("scalars")] == [11, 21]


def test_asks_again_when_a_rollback_swallowed_the_step(model, gradients):
    calls = [stubs.steps(10), stubs.steps(5), stubs.steps(12), stubs.steps(13, gradients=gradients)]
    recording, loop = _run(model, calls)
    assert loop.requests == 2
    assert [step for step, _ in recording.of("scalars")] == [13]


def test_leaves_gradients_that_others_asked_for(model, gradients):
    recording, _ = _run(model, [stubs.steps(3, gradients=gradients)])
    assert not recording.calls
