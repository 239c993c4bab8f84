import numpy as np
import pytest

from tasks.forecast_figures import Forecasts, figure
from tasks.forecast_objective import forecast_distance, forecast_loss, mase_of_examples

RNG = np.random.default_rng(0)


def _targets(future, **changes):
    ones = np.ones_like(future)
    return {"future": future, "observed": ones, "scale": ones[:, 0], "naive": ones[:, 0], **changes}


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
    outputs = {"quantiles": np.zeros((1, 2, 1, 1), np.float32)}
    np.testing.assert_allclose(forecast_loss(kind, levels)(targets, outputs), [value])


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
    theirs = {"quantiles": np.array([[[[2.0], [-400.0]]]], np.float32)}
    ours = {"quantiles": np.zeros((1, 1, 2, 1), np.float32)}
    scale = np.array([1.0, 100.0], np.float32)
    np.testing.assert_allclose(forecast_distance(kind, scale)(theirs, ours), [value])


def test_missing_values_cost_nothing():
    targets = _targets(np.array([[[2.0], [100.0]]], np.float32), observed=np.array([[[1.0], [0.0]]], np.float32))
    outputs = {"quantiles": np.zeros((1, 2, 1, 1), np.float32)}
    np.testing.assert_allclose(forecast_loss("mse", (0.5,))(targets, outputs), [4])


def test_channels_count_by_their_own_scale():
    targets = _targets(np.array([[[2.0, 200.0]]], np.float32), scale=np.array([[1.0, 100.0]], np.float32))
    outputs = {"quantiles": np.zeros((1, 1, 2, 1), np.float32)}
    np.testing.assert_allclose(forecast_loss("mse", (0.5,))(targets, outputs), [4])


def test_the_mase_of_examples_is_that_of_all_windows():
    future, point = RNG.normal(size=(5, 6, 2)), RNG.normal(size=(5, 6, 2))
    history = RNG.normal(size=(5, 12, 2))
    naive = np.abs(history[:, 4:] - history[:, :-4]).mean(axis=1)
    forecasts = Forecasts(future=future, quantiles=point[..., None], levels=(), history=history, season=4)
    targets = {name: values.astype("float32") for name, values in _targets(future, naive=naive).items()}
    values = mase_of_examples(targets, point[..., None].astype("float32"))
    assert float(np.mean(values)) == pytest.approx(figure("mase", forecasts), rel=1e-5)
