import numpy as np
import pytest

from tasks.forecasting.metrics import Forecasts, compute_metric, seasonal_naive

NAN = np.nan


def _forecasts(future, quantiles, *, history=(1.0, 2.0, 3.0, 5.0), levels=(), season=2) -> Forecasts:
    """One window of one channel, by hand."""
    quantiles = np.asarray(quantiles, float)
    return Forecasts(
        future=np.reshape(np.asarray(future, float), (1, -1, 1)),
        quantiles=quantiles.reshape(1, len(future), 1, -1),
        levels=levels,
        history=np.reshape(np.asarray(history, float), (1, -1, 1)),
        season=season,
        scale=np.array([[2.0]]),
    )


POINT = _forecasts([4.0, 8.0, NAN], [3.0, 10.0, 7.0])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mae", (1 + 2) / 2),
        ("mse", (1 + 4) / 2),
        ("scaled_mae", (1 / 2 + 2 / 2) / 2),
        ("scaled_mse", (1 / 4 + 4 / 4) / 2),
        ("smape", (200 * 1 / 7 + 200 * 2 / 18) / 2),
        # Inside the history |3 - 1| and |5 - 2|: 2.5.
        ("mase", 1.5 / 2.5),
        # The naive forecast is 3, 5, 3.
        ("mae_over_naive", (1 + 2) / (1 + 3)),
        ("pinball", 0.5 * 1.5),
    ],
)
def test_figures_of_a_point_forecast_by_hand(name, value):
    assert compute_metric(name, POINT) == pytest.approx(value)


def test_figures_of_quantiles_by_hand():
    forecasts = _forecasts([4.0, 8.0], [[3, 5, 6], [9, 10, 12]], levels=(0.1, 0.5, 0.9))
    # Errors 1, -1, -2 and -1, -2, -4 at the levels 0.1, 0.5, 0.9.
    pinball = (0.1 * 1 + 0.5 * 1 + 0.1 * 2 + 0.9 * 1 + 0.5 * 2 + 0.1 * 4) / 6
    assert compute_metric("pinball", forecasts) == pytest.approx(pinball)
    assert compute_metric("coverage", forecasts) == 0.5
    assert compute_metric("mae", forecasts) == pytest.approx((1 + 2) / 2)


def test_a_part_counts_its_steps_and_its_channel():
    future = np.arange(8.0).reshape(1, 4, 2)
    forecasts = Forecasts(
        future=future,
        quantiles=np.zeros((1, 4, 2, 1)),
        levels=(),
        history=np.zeros((1, 4, 2)),
        season=1,
        scale=np.array([[1.0, 10.0]]),
    )
    assert compute_metric("mae", forecasts.part(slice(2, 4), 1)) == (5 + 7) / 2
    assert compute_metric("scaled_mae", forecasts.part(slice(2, 4), 1)) == pytest.approx((0.5 + 0.7) / 2)


def test_what_cannot_be_compared_does_not_count():
    constant = _forecasts([4.0], [3.0], history=[2.0] * 4)
    assert np.isnan(compute_metric("mase", constant))
    assert np.isnan(compute_metric("mae", _forecasts([NAN], [3.0])))


def test_seasonal_naive_repeats_the_last_season_and_looks_back_over_gaps():
    history = np.array([1.0, 2.0, 3.0, 4.0, NAN, 6.0, 7.0]).reshape(1, 7, 1)
    np.testing.assert_array_equal(seasonal_naive(history, 5, 3)[0, :, 0], [2.0, 6.0, 7.0, 2.0, 6.0])
