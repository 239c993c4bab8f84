"""A backtest of a forecaster that repeats the last value, pushed by hand."""

import json

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from etils import epath

from records.model_run import TRAINED_MODEL
from studies.backtest.origins import RollingOrigins
from studies.backtest.study import backtest
from studies.errors import StudyError
from tasks.loading import TaskSpec

ROWS, LOOKBACK, HORIZON, SEASON = 120, 8, 3, 4
SPLITS = {"train": 0.5, "eval": 0.25, "test": 0.25}
# Rows of the test range are 90 to 119: forecasts of three rows start at 90, 92, ..., 116.
EVERY, ORIGINS = 2, list(range(90, 118, 2))


class Repeat(tf.Module):
    """A forecaster whose middle quantile is the last value, and whose interval is wide."""

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, LOOKBACK, 2], tf.float32, "history"),
            tf.TensorSpec([None, LOOKBACK], tf.int64, "timestamps"),
        ]
    )
    def forecast(self, history, timestamps):
        last = tf.repeat(history[:, -1:, :, None], HORIZON, axis=1)
        return {"quantiles": last + tf.constant([-1000.0, 0.0, 1000.0])}


@pytest.fixture(scope="module")
def values():
    rng = np.random.default_rng(0)
    rows = np.arange(ROWS)
    return np.stack([100 + 10 * np.sin(2 * np.pi * rows / SEASON) + rng.normal(0, 1, ROWS), rows * 1.0], axis=1)


@pytest.fixture(scope="module")
def task(values, tmp_path_factory):
    file = tmp_path_factory.mktemp("series") / "plant.csv"
    stamps = pd.date_range("2020-01-01", periods=ROWS, freq="1h")
    pd.DataFrame({"date": stamps, "load": values[:, 0], "row": values[:, 1]}).to_csv(file, index=False)
    options = {
        "source": {"kind": "series_file", "file": str(file)},
        "splits": SPLITS,
        "lookback": LOOKBACK,
        "horizon": HORIZON,
        "season": SEASON,
        "quantiles": [0.1, 0.5, 0.9],
        "model": {"kind": "nlinear"},
    }
    return TaskSpec(task="tasks.forecasting.Forecasting", options=options).load()


@pytest.fixture(scope="module")
def version(task, tmp_path_factory):
    place = epath.Path(tmp_path_factory.mktemp("registry")) / "plant" / "7"
    module = Repeat()
    tf.saved_model.save(module, str(place), signatures={"forecast": module.forecast})
    (place / TRAINED_MODEL).parent.mkdir(exist_ok=True)
    task.model().save(str(place / TRAINED_MODEL))
    return place


@pytest.fixture(scope="module")
def results(task, version):
    return json.loads(json.dumps(backtest(task, version, every=EVERY, against=["repeat", "seasonal naive"])))


def test_forecasts_start_all_over_the_test_range(task, values):
    origins = RollingOrigins(task, every=EVERY)
    [(series, starts)] = origins.parts
    assert starts == ORIGINS
    assert len(origins) == len(ORIGINS)
    assert origins.train_rows(series) == 60
    np.testing.assert_allclose(origins.futures()[1], values[92:95], rtol=1e-5)
    np.testing.assert_allclose(origins.histories()[1], values[84:92], rtol=1e-5)


def test_a_test_range_shorter_than_a_horizon_is_refused(task):
    short = TaskSpec(
        task="tasks.forecasting.Forecasting",
        options={**task.options.model_dump(mode="json"), "splits": {"train": 0.5, "eval": 0.485, "test": 0.015}},
    ).load()
    with pytest.raises(StudyError, match="needs one window in the test range"):
        RollingOrigins(short, every=1)


def test_the_same_forecasts_have_the_same_figures_whoever_makes_them(results):
    pushed, repeat, _ = results["rows"]
    assert (pushed["name"], repeat["name"]) == ("version 7", "repeat")
    for name in ("mase", "mae", "mse", "mae_over_naive"):
        assert pushed["figures"][name] == pytest.approx(repeat["figures"][name], rel=1e-5)


def test_errors_are_those_of_all_forecasts(results, values):
    errors = [np.abs(values[start : start + HORIZON] - values[start - 1]) for start in ORIGINS]
    assert results["origins"] == len(ORIGINS)
    assert results["rows"][0]["figures"]["mae"] == pytest.approx(np.mean(errors), rel=1e-4)


def test_coverage_is_that_of_intervals(results):
    pushed, repeat, _ = results["rows"]
    assert pushed["figures"]["coverage"] == 1
    assert "coverage" not in repeat["figures"]


def test_the_plots_hold_every_forecast_that_follows_the_one_before(results, values):
    load, row = results["plots"]
    assert (load["channel"], row["channel"]) == ("load", "row")
    # From the look-back of the first forecast to the end of the last.
    np.testing.assert_allclose(row["values"], values[ORIGINS[0] - LOOKBACK : ORIGINS[-1] + HORIZON, 1], rtol=1e-5)
    middles = [forecast["quantiles"][1] for forecast in row["forecasts"]]
    # Forecasts start every two rows and are three rows long: each second one.
    assert middles == [[start - 1.0] * HORIZON for start in ORIGINS[::2]]
    assert load["forecasts"][0]["times"][0] == "2020-01-04T18:00:00"


def test_a_model_without_attention_shows_none(results):
    assert results["attention"] is None
