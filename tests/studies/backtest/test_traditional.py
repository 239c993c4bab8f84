import numpy as np
import pytest

from studies.backtest.traditional import TRADITIONAL
from studies.backtest.traditional.naive import Repeat, SeasonalNaive
from studies.backtest.traditional.regression import LagRegression
from studies.backtest.traditional.state_space import ETS, SARIMA

RNG = np.random.default_rng(0)
SEASON, LOOKBACK, HORIZON, TRAIN = 12, 36, 8, 180


def _seasonal(noise: float = 0.0) -> np.ndarray:
    """A line with a season: `[time, channel]`."""
    time = np.arange(240)
    series = 0.1 * time + 3 * np.sin(2 * np.pi * time / SEASON)
    return (series + RNG.normal(0, noise, 240) if noise else series)[:, None]


def test_repeat_and_seasonal_naive_by_hand():
    values = np.array([[1.0], [2.0], [3.0], [np.nan], [5.0]])
    repeat, naive = Repeat(season=2, lookback=4), SeasonalNaive(season=2, lookback=4)
    assert repeat.forecast(values, [4, 5], 3)[..., 0].tolist() == [[3, 3, 3], [5, 5, 5]]
    assert naive.forecast(values, [5], 3)[..., 0].tolist() == [[3, 5, 3]]


def test_regression_on_lags_continues_a_line_with_a_season():
    values = _seasonal()
    forecaster = LagRegression(season=SEASON, lookback=LOOKBACK)
    forecaster.fit(values[:TRAIN], HORIZON)
    found = forecaster.forecast(values, [200, 220], HORIZON)
    for forecast, origin in zip(found, (200, 220), strict=True):
        np.testing.assert_allclose(forecast, values[origin : origin + HORIZON], atol=0.15)


@pytest.mark.parametrize("kind", [ETS, SARIMA])
def test_state_space_models_forecast_as_statsmodels_does(kind):
    """From the end of a series, statsmodels itself forecasts; from an earlier origin, the series is cut there."""
    values = _seasonal(noise=0.3)
    forecaster = kind(season=4, lookback=LOOKBACK)
    forecaster.fit(values[:TRAIN], HORIZON)
    found = forecaster.forecast(values, [190, 200], HORIZON)
    for forecast, origin in zip(found, (190, 200), strict=True):
        results = forecaster._build(values[:origin, 0]).filter(forecaster.parameters()[0])
        np.testing.assert_allclose(forecast[:, 0], results.forecast(HORIZON), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", TRADITIONAL)
def test_no_forecast_knows_what_comes_after_its_origin(name):
    values = _seasonal(noise=0.3)
    changed = values.copy()
    changed[200:] += 100
    forecaster = TRADITIONAL[name](season=4, lookback=LOOKBACK)
    forecaster.fit(values[:TRAIN], HORIZON)
    before, after = (forecaster.forecast(each, [190, 200], HORIZON) for each in (values, changed))
    np.testing.assert_allclose(after, before, rtol=1e-6)
    assert before.shape == (2, HORIZON, 1)
    assert forecaster.size_bytes() > 0
