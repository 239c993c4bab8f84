"""Forecasters of every kind at a size for tests."""

import keras
import numpy as np
from pydantic import TypeAdapter

from models.forecasters.forecaster import ForecastShape
from models.forecasters.options import Forecaster, ForecasterOptions

RNG = np.random.default_rng(0)
SHAPE = ForecastShape(lookback=48, horizon=12, channels=2, quantiles=3)
WITH_CALENDAR = ForecastShape(lookback=48, horizon=12, channels=2, quantiles=3, calendar=4)
SMALL = {"dim": 8, "heads": 2, "hidden": 8, "dropout": 0.0}
KINDS = {
    "dlinear": {"kind": "dlinear", "kernel": 5},
    "nlinear": {"kind": "nlinear"},
    "periodic": {"kind": "periodic", "period": 6},
    "gru": {"kind": "recurrent", "units": 8, "patch": 12},
    "lstm": {"kind": "recurrent", "cell": "lstm", "units": 8, "patch": 6},
    "patches": {"kind": "patch_transformer", "patch": 8, "stride": 4, "depth": 1, "has_linear_path": True, **SMALL},
    "mixed_channels": {
        "kind": "patch_transformer",
        "patch": 1,
        "stride": 1,
        "depth": 1,
        "is_channel_independent": False,
        "positions": "sinusoidal",
        "chunk": 16,
        "is_recomputed": True,
        **SMALL,
    },
    "one_shot": {"kind": "encoder_decoder", "patch": 4, **SMALL},
    "autoregressive": {
        "kind": "encoder_decoder",
        "patch": 4,
        "decoding": "autoregressive",
        "positions": "learned",
        "is_channel_independent": False,
        **SMALL,
    },
}


def options(kind: str) -> ForecasterOptions:
    """Checked options of one of KINDS."""
    return TypeAdapter(Forecaster).validate_python(KINDS[kind])


def inputs(model: keras.Model, size: int = 3) -> dict[str, np.ndarray]:
    """Random values of each input, `[size, ...]`."""
    return {name: RNG.normal(size=(size, *each.shape[1:])).astype("float32") for name, each in model.input.items()}
