import math

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.options import ScheduleOptions, TrainOptions
from training.schedules import Phase, Phases, constant, linear, schedule


def _rates(steps, *, peak=0.8, steps_per_epoch=10, total_steps=110, **options):
    made = schedule(ScheduleOptions(**options), peak=peak, steps_per_epoch=steps_per_epoch, total_steps=total_steps)
    return [float(made(step)) for step in steps]


def test_warmup_is_a_line_and_cosine_half_a_wave():
    # SGDR, equation 5, at the start, a quarter, half and the end of the 100 steps after ten of warm-up.
    expected = [0, 0.4, 0.8, 0.4 * (1 + math.cos(math.pi / 4)), 0.4, 0]
    assert _rates([0, 5, 10, 35, 60, 110], kind="cosine", warmup_epochs=1) == pytest.approx(expected, abs=1e-6)


def test_without_warmup_starts_at_the_peak():
    assert _rates([0, 109], kind="constant", warmup_epochs=0) == pytest.approx([0.8, 0.8])


def test_cosine_restarts_at_the_peak_and_each_period_is_longer():
    # Periods of 20 and 40 steps after 10 of warm-up: restarts at steps 30 and 70.
    rates = _rates([10, 20, 29, 30, 50, 70], kind="cosine_restarts", warmup_epochs=1, restart_epochs=2)
    low = 0.4 * (1 + math.cos(math.pi * 19 / 20))
    assert rates == pytest.approx([0.8, 0.4, low, 0.8, 0.4, 0.8], abs=1e-5)


def test_polynomial_is_its_formula():
    # (peak - end) * (1 - t)^2 + end with end = 0.1 * 0.8, t = 0, 1/2, 1.
    rates = _rates([10, 60, 110], kind="polynomial", warmup_epochs=1, power=2, end=0.1)
    assert rates == pytest.approx([0.8, 0.72 * 0.25 + 0.08, 0.08])


def test_exponential_decays_by_the_epoch():
    rates = _rates([0, 10, 25], kind="exponential", warmup_epochs=0, decay_rate=0.5)
    assert rates == pytest.approx([0.8, 0.4, 0.8 * 0.5**2.5])


def test_step_falls_at_its_epochs_counted_from_the_start():
    rates = _rates([29, 30, 59, 60], kind="step", warmup_epochs=1, step_epochs=[3, 6], factor=0.1)
    assert rates == pytest.approx([0.8, 0.08, 0.08, 0.008])


def test_one_cycle_rises_from_a_25th_to_the_peak_and_falls_to_a_ten_thousandth():
    rates = _rates([0, 15, 30, 65, 100], kind="one_cycle", rise=0.3, total_steps=100)
    halfway_up, halfway_down = (0.8 / 25 + 0.8) / 2, (0.8 + 0.8e-4) / 2
    assert rates == pytest.approx([0.8 / 25, halfway_up, 0.8, halfway_down, 0.8e-4], rel=1e-4)


def test_a_warmup_that_never_ends_is_refused():
    with pytest.raises(ValueError, match=r"Received: 20 steps of warm-up, 15 in all"):
        _rates([0], warmup_epochs=2, total_steps=15)


@pytest.mark.parametrize(("epochs", "warmup"), [(1, 0.25), (4, 1), (8, 2), (40, 2)])
def test_a_warmup_that_is_not_named_takes_two_epochs_and_a_quarter_at_the_most(epochs, warmup):
    assert ScheduleOptions().warmup_of(epochs) == warmup
    steps = 100
    made = schedule(ScheduleOptions(kind="constant"), peak=0.8, steps_per_epoch=steps, total_steps=epochs * steps)
    assert np.asarray(made(np.array([0, warmup * steps / 2, warmup * steps]))) == pytest.approx([0, 0.4, 0.8])


@given(epochs=st.integers(1, 100), steps=st.integers(1, 50))
def test_a_training_of_any_length_has_a_schedule(epochs, steps):
    train = TrainOptions(epochs=epochs)
    made = schedule(train.schedule, peak=0.8, steps_per_epoch=steps, total_steps=epochs * steps)
    assert 0 <= float(made(0)) <= 0.8 * (1 + 1e-6)


def test_a_schedule_without_phases_is_refused():
    with pytest.raises(ValueError, match="at least one phase"):
        Phases([])


def test_phases_survive_serialization():
    made = Phases([Phase(linear(0.0, 1.0, steps=4), 4), Phase(constant(0.5), 10)])
    again = keras.optimizers.schedules.deserialize(keras.optimizers.schedules.serialize(made))
    assert [float(again(step)) for step in range(8)] == [float(made(step)) for step in range(8)]


@settings(max_examples=30)
@given(
    kind=st.sampled_from(["constant", "cosine", "cosine_restarts", "polynomial", "exponential", "one_cycle"]),
    warmup=st.integers(0, 3),
    end=st.floats(0, 0.9),
)
def test_the_rate_is_never_above_the_peak_nor_below_zero(kind, warmup, end):
    made = schedule(
        ScheduleOptions(kind=kind, warmup_epochs=warmup, end=end), peak=0.1, steps_per_epoch=7, total_steps=70
    )
    rates = made(np.arange(75))
    assert (np.asarray(rates) <= 0.1 * (1 + 1e-5)).all()
    assert (np.asarray(rates) >= -1e-8).all()
