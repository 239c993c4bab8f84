"""Losses of numbers."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from training.losses.per_example import PerExample


class Regression(PerExample):
    """The mean over the last axis of what each number's error costs."""

    def of_errors(self, errors: Any) -> Any:
        """Errors `[...]`, true less predicted, to losses of the same shape."""
        raise NotImplementedError

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Numbers `[..., value]` twice to `[...]`."""
        return ops.mean(self.of_errors(y_true - y_pred), axis=-1)


@keras.saving.register_keras_serializable(package="slipway")
class SquaredError(Regression):
    """Least at the mean."""

    def __init__(self) -> None:
        super().__init__(name="mse")

    def of_errors(self, errors: Any) -> Any:
        return ops.square(errors)


@keras.saving.register_keras_serializable(package="slipway")
class AbsoluteError(Regression):
    """Least at the median."""

    def __init__(self) -> None:
        super().__init__(name="mae")

    def of_errors(self, errors: Any) -> Any:
        return ops.abs(errors)


@keras.saving.register_keras_serializable(package="slipway")
class Huber(Regression):
    """Half the square of errors below 1, linear beyond.

    Source: Huber, "Robust Estimation of a Location Parameter", Annals of Mathematical Statistics 35, 1964, with k = 1.
    """

    def __init__(self) -> None:
        super().__init__(name="huber")

    def of_errors(self, errors: Any) -> Any:
        return ops.where(ops.abs(errors) < 1, 0.5 * ops.square(errors), ops.abs(errors) - 0.5)


@keras.saving.register_keras_serializable(package="slipway")
class Pinball(Regression):
    """Least at a quantile, of a level for each place on the last axis.

    Source: Koenker, Bassett, "Regression Quantiles", Econometrica 46, 1978, equation 1.2.
    """

    def __init__(self, *, levels: Sequence[float] = (0.5,)) -> None:
        """Args:
        levels: `[value]`, or one for all.

        Raises:
          ValueError: a level outside (0, 1).
        """
        super().__init__(name="pinball")
        if not all(0 < level < 1 for level in levels):
            raise ValueError(f"levels must lie between 0 and 1. Received: {list(levels)}")
        self.levels = tuple(levels)

    def of_errors(self, errors: Any) -> Any:
        levels = ops.convert_to_tensor(self.levels, "float32")
        return ops.maximum(levels * errors, (levels - 1) * errors)

    def get_config(self) -> dict[str, Any]:
        return {"levels": self.levels}
