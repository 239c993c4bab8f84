"""Losses of regression and forecasting."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from training.losses.per_example import PerExample, check_positive, check_shape


@keras.saving.register_keras_serializable(package="slipway")
class Huber(PerExample):
    """Half the square of small errors, linear beyond `delta` (Huber, 1964); the mean over all axes but the first."""

    def __init__(self, *, delta: float = 1.0) -> None:
        """Raises ValueError when `delta` is not above zero."""
        super().__init__(name="huber")
        check_positive(delta=delta)
        self.delta = delta

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Both `[batch, ...]`."""
        check_shape("Predictions", y_pred.shape, y_true.shape)
        y_pred = ops.cast(y_pred, "float32")
        # Keras's takes the mean over the last axis: of all but the first laid side by side.
        count = ops.shape(y_pred)[0]
        return keras.losses.huber(
            ops.reshape(ops.cast(y_true, "float32"), (count, -1)), ops.reshape(y_pred, (count, -1)), delta=self.delta
        )

    def get_config(self) -> dict[str, Any]:
        return {"delta": self.delta}


@keras.saving.register_keras_serializable(package="slipway")
class Quantile(PerExample):
    """The pinball loss, least where predictions are the quantiles; the mean over all axes but the first.

    Source: Koenker, Bassett, "Regression Quantiles", Econometrica 1978, equation 1.2.
    """

    def __init__(self, *, quantiles: Sequence[float] = (0.1, 0.5, 0.9)) -> None:
        """Raises ValueError when a quantile is not between zero and one, or there is none."""
        super().__init__(name="quantile")
        if not quantiles or not all(0 < quantile < 1 for quantile in quantiles):
            raise ValueError(f"quantiles must lie between 0 and 1. Received: {list(quantiles)}")
        self.quantiles = tuple(quantiles)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """`y_true`: `[batch, ...]`; `y_pred`: `[batch, ..., quantile]`."""
        check_shape("Predictions", y_pred.shape, (*y_true.shape, len(self.quantiles)))
        error = ops.cast(y_true, "float32")[..., None] - ops.cast(y_pred, "float32")
        quantiles = ops.convert_to_tensor(self.quantiles, "float32")
        return ops.mean(ops.maximum(quantiles * error, (quantiles - 1) * error), axis=list(range(1, len(error.shape))))

    def get_config(self) -> dict[str, Any]:
        return {"quantiles": self.quantiles}
