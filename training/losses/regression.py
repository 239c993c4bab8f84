"""Losses of forecast values: each by its error and by the level of the quantile that it stands for."""

from collections.abc import Callable
from typing import Any, TypeAlias

from keras import ops

# Errors `[..., quantile]`, true less forecast, and levels `[quantile]` to losses of the errors' shape.
PointwiseLoss: TypeAlias = Callable[[Any, Any], Any]


def squared(error: Any, level: Any) -> Any:
    """Least at the mean, whatever the level."""
    return ops.square(error)


def absolute(error: Any, level: Any) -> Any:
    """Least at the median, whatever the level."""
    return ops.abs(error)


def huber(error: Any, level: Any) -> Any:
    """Half the square of errors below 1, linear beyond, whatever the level (Huber, 1964, with delta 1)."""
    return ops.where(ops.abs(error) < 1, 0.5 * ops.square(error), ops.abs(error) - 0.5)


def pinball(error: Any, level: Any) -> Any:
    """Least at the quantile of the level: Koenker, Bassett, "Regression Quantiles", Econometrica 1978, equation 1.2."""
    return ops.maximum(level * error, (level - 1) * error)


# By the names that configs use.
POINTWISE: dict[str, PointwiseLoss] = {"mse": squared, "mae": absolute, "huber": huber, "pinball": pinball}
