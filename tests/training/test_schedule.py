import math

import pytest

from training.schedule import warmup_cosine


def test_rises_in_a_line_and_falls_as_half_a_cosine():
    schedule = warmup_cosine(peak=0.8, warmup_steps=10, total_steps=110)
    assert float(schedule(0)) == 0
    assert float(schedule(5)) == pytest.approx(0.4)
    assert float(schedule(10)) == pytest.approx(0.8)
    # SGDR, equation 5, at a quarter, half and the end of the period.
    assert float(schedule(35)) == pytest.approx(0.4 * (1 + math.cos(math.pi / 4)))
    assert float(schedule(60)) == pytest.approx(0.4)
    assert float(schedule(110)) == pytest.approx(0, abs=1e-7)


def test_without_warmup_starts_at_the_peak():
    assert float(warmup_cosine(peak=0.8, warmup_steps=0, total_steps=100)(0)) == pytest.approx(0.8)


def test_a_warmup_that_never_ends_is_refused():
    with pytest.raises(ValueError, match=r"Received: warmup_steps=5, total_steps=5"):
        warmup_cosine(peak=1.0, warmup_steps=5, total_steps=5)
