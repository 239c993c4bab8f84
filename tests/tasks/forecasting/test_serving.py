"""The signature that takes raw history: what it fills and what it refuses."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tasks.loading import TaskSpec

LOOKBACK, STEP_SECS = 8, 7 * 86_400
OPTIONS = {"source": {"kind": "co2"}, "lookback": LOOKBACK, "horizon": 2, "season": 4, "model": {"kind": "nlinear"}}


@pytest.fixture(scope="module")
def forecast():
    task = TaskSpec(task="tasks.forecasting.Forecasting", options=OPTIONS).load()
    keras.utils.set_random_seed(0)
    function, _ = task.endpoints(task.model())["forecast"]
    graph = tf.function(function)
    stamps = tf.constant(STEP_SECS * np.arange(LOOKBACK)[None])
    return lambda rows: graph(tf.constant(rows, tf.float32, [1, LOOKBACK, 1]), stamps)["forecast"].numpy()


def test_nan_is_a_gap_which_is_filled_by_the_value_before(forecast):
    rows = np.arange(LOOKBACK, dtype=np.float32)
    gap, filled = rows.copy(), rows.copy()
    gap[3], filled[3] = np.nan, 2
    np.testing.assert_array_equal(forecast(gap), forecast(filled))


@pytest.mark.parametrize("place", [0, LOOKBACK - 1])
@pytest.mark.parametrize("infinity", [np.inf, -np.inf])
def test_infinity_is_refused(forecast, infinity, place):
    rows = np.arange(LOOKBACK, dtype=np.float32)
    rows[place] = infinity
    with pytest.raises(tf.errors.InvalidArgumentError, match="history must hold finite numbers"):
        forecast(rows)
