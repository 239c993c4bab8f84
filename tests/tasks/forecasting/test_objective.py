from collections import Counter
from typing import Any, ClassVar

import keras
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.forecasters.forecaster import ForecastShape
from tasks.forecasting.batches import split_windows
from tasks.forecasting.metrics import Forecasts, compute_metric
from tasks.forecasting.objective import ForecastDistance, ForecastLoss, ForecastObjective, mase_of_examples
from training.metric_sums import means, sums_of

RNG = np.random.default_rng(0)
SHAPE = ForecastShape(lookback=12, horizon=6, channels=2, quantiles=1, calendar=0)


def _targets(future, **changes):
    ones = np.ones_like(future)
    return {"future": future, "observed": ones, "scale": ones[:, 0], "naive": ones[:, 0], **changes}


def _forecasts(future, point, history) -> Forecasts:
    scale = np.ones((len(future), future.shape[-1]))
    return Forecasts(future=future, quantiles=point[..., None], levels=(), history=history, season=4, scale=scale)


@pytest.mark.parametrize(
    ("kind", "levels", "value"),
    [
        ("mse", (0.5,), (4 + 16) / 2),
        ("mae", (0.5,), (2 + 4) / 2),
        ("huber", (0.5,), (1.5 + 3.5) / 2),
        ("pinball", (0.5,), (2 + 4) / 4),
    ],
)
def test_losses_by_hand(kind, levels, value):
    targets = _targets(np.array([[[2.0], [4.0]]], np.float32))
    loss = ForecastLoss(kind=kind, levels=levels)
    np.testing.assert_allclose(loss(targets, np.zeros((1, 2, 1, 1), np.float32)), [value])


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("mse", (4 + 16) / 2),
        ("mae", (2 + 4) / 2),
        ("huber", (1.5 + 3.5) / 2),
        # Of either side alike, whatever the level.
        ("pinball", (2 + 4) / 2),
    ],
)
def test_a_student_s_distance_counts_channels_by_their_scale(kind, value):
    theirs = np.array([[[[2.0], [-400.0]]]], np.float32)
    distance = ForecastDistance(kind=kind, scale=np.array([1.0, 100.0], np.float32))
    np.testing.assert_allclose(distance(theirs, np.zeros((1, 1, 2, 1), np.float32)), [value])


@pytest.mark.parametrize(
    "loss", [ForecastLoss(kind="pinball", levels=(0.1, 0.5, 0.9)), ForecastDistance(kind="huber", scale=[2.0, 0.1])]
)
def test_losses_survive_serialization(loss):
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()


def test_missing_values_cost_nothing():
    targets = _targets(np.array([[[2.0], [100.0]]], np.float32), observed=np.array([[[1.0], [0.0]]], np.float32))
    loss = ForecastLoss(kind="mse", levels=(0.5,))
    np.testing.assert_allclose(loss(targets, np.zeros((1, 2, 1, 1), np.float32)), [4])


def test_channels_count_by_their_own_scale():
    targets = _targets(np.array([[[2.0, 200.0]]], np.float32), scale=np.array([[1.0, 100.0]], np.float32))
    loss = ForecastLoss(kind="mse", levels=(0.5,))
    np.testing.assert_allclose(loss(targets, np.zeros((1, 1, 2, 1), np.float32)), [4])


def test_the_mase_of_examples_is_that_of_all_windows():
    future, point = RNG.normal(size=(5, 6, 2)), RNG.normal(size=(5, 6, 2))
    history = RNG.normal(size=(5, 12, 2))
    naive = np.abs(history[:, 4:] - history[:, :-4]).mean(axis=1)
    forecasts = _forecasts(future, point, history)
    targets = {name: values.astype("float32") for name, values in _targets(future, naive=naive).items()}
    values = mase_of_examples(targets, point[..., None].astype("float32"))
    assert float(np.mean(values)) == pytest.approx(compute_metric("mase", forecasts), rel=1e-5)


@settings(max_examples=20)
@given(st.sets(st.integers(0, 5 * 18 * 2 - 1), max_size=150), st.integers(1, 5))
@example({72 + 18 * 2 - 1 - index for index in range(12)}, 2)
def test_the_mase_of_training_is_that_of_evaluation(gaps, batch_size):
    """Whatever is missing, and however the windows lie in batches: a ratio of sums over windows and channels."""
    values = RNG.normal(size=(5, 18, 2)).astype("float32")
    values.flat[list(gaps)] = np.nan
    # Nothing to divide by.
    values[0, :12, 1] = 3
    point = RNG.normal(size=(5, 6, 2)).astype("float32")
    ones = np.ones_like(values)
    rows = {"values": values, "location": ones, "scale": ones}
    sums: Counter[str] = Counter()
    objective = ForecastObjective("mse", (0.5,))
    for first in range(0, 5, batch_size):
        part = slice(first, first + batch_size)
        batch = split_windows({name: each[part] for name, each in rows.items()}, SHAPE, season=4, is_taught=False)
        told = objective(Answering(point[part]), batch, training=False)
        sums.update({name: float(value) for name, value in sums_of(*told).items()})
    expected = compute_metric("mase", _forecasts(values[:, 12:], point, values[:, :12]))
    assert means(sums)["mase"] == pytest.approx(expected, rel=1e-4, nan_ok=True)


class Answering:
    """In place of a model: its forecasts `[window, horizon, channel]` are known."""

    input: ClassVar = {}

    def __init__(self, point: np.ndarray) -> None:
        self.point = point

    def __call__(self, inputs: Any, *, training: bool) -> dict[str, np.ndarray]:
        return {"quantiles": self.point[..., None]}
