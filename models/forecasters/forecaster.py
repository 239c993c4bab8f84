"""The parts that all forecasters share: before the network and after it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import keras
from keras import ops

from models.forecasters.quantiles import OrderedQuantiles
from models.forecasters.scaling import ReversibleInstanceNorm, Standardization

Normalization: TypeAlias = Literal["instance", "affine_instance", "last", "none"]
STANDARDIZATION = "standardization"
INSTANCE_NORM = "instance_norm"
HISTORY, CALENDAR, FUTURE, OUTPUT = "history", "calendar", "future", "quantiles"


@dataclass(frozen=True, kw_only=True)
class ForecastShape:
    """Sizes of a forecasting problem.

    Attributes:
      lookback: rows that are seen.
      horizon: rows that are forecast.
      channels: values in a row.
      quantiles: how many are forecast of each value; 1 is a point forecast.
      calendar: features of each row's time that the network is given; 0 gives it none.
    """

    lookback: int
    horizon: int
    channels: int
    quantiles: int = 1
    calendar: int = 0


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The scaled inputs of a network.

    Attributes:
      history: `[batch, lookback, channel]`.
      calendar: `[batch, lookback + horizon, feature]`, or None.
      future: `[batch, horizon, channel]`, in training by teacher forcing; else None.
    """

    history: keras.KerasTensor
    calendar: keras.KerasTensor | None
    future: keras.KerasTensor | None


# To `[batch, horizon, channel, quantile]`.
Network: TypeAlias = Callable[[Seen], keras.KerasTensor]


def forecaster(
    shape: ForecastShape,
    network: Network,
    *,
    normalization: Normalization,
    name: str,
    sharing: keras.Model | None = None,
) -> keras.Model:
    """A model in the series' own units around a network that sees scaled values.

    Args:
      shape: sizes of the problem.
      network: the network between the scaling and its inverse.
      normalization: normalization of each window: by its own mean and deviation, with learned factors or without; by
        its last row (Zeng et al., AAAI 2023, NLinear); or not at all.
      name: name of the model.
      sharing: a model of this function whose layers are taken over; then there is one more input,
        `"future": [batch, horizon, channel]`, for the network to be taught by.

    Returns:
      A model from `{"history": [batch, lookback, channel]}`, and with a calendar
      `"calendar": [batch, lookback + horizon, feature]`, to `{"quantiles": [batch, horizon, channel, quantile]}`.
    """
    inputs = {HISTORY: keras.Input((shape.lookback, shape.channels), name=HISTORY)}
    if shape.calendar:
        inputs[CALENDAR] = keras.Input((shape.lookback + shape.horizon, shape.calendar), name=CALENDAR)
    if sharing is not None:
        inputs[FUTURE] = keras.Input((shape.horizon, shape.channels), name=FUTURE)
    standardization = reuse_layer(Standardization(name=STANDARDIZATION), sharing)
    x = standardization(inputs[HISTORY])
    future = standardization(inputs[FUTURE]) if sharing is not None else None
    scaling = _Scaling(normalization, x, sharing)
    seen = Seen(
        history=scaling.normalized,
        calendar=inputs.get(CALENDAR),
        future=None if future is None else scaling.normalize(future),
    )
    y = scaling.restore(OrderedQuantiles(name="ordered")(network(seen)))
    return keras.Model(inputs, {OUTPUT: standardization(y, is_inverse=True)}, name=name)


def reuse_layer(layer: keras.layers.Layer, model: keras.Model | None) -> keras.layers.Layer:
    """The layer of the same name in `model`; `layer` itself where there is no model."""
    return layer if model is None else model.get_layer(layer.name)


class _Scaling:
    """A window's own scaling, and its inverse."""

    def __init__(self, kind: Normalization, x: keras.KerasTensor, sharing: keras.Model | None) -> None:
        self._mean, self._deviation = 0.0, 1.0
        self._norm = None
        self.normalized = x
        if kind in ("instance", "affine_instance"):
            norm = ReversibleInstanceNorm(is_affine=kind == "affine_instance", name=INSTANCE_NORM)
            self._norm = reuse_layer(norm, sharing)
            self.normalized, self._mean, self._deviation = self._norm(x)
        elif kind == "last":
            self._mean = x[:, -1:]
            self.normalized = x - self._mean

    def normalize(self, future: keras.KerasTensor) -> keras.KerasTensor:
        """The future of the window on the window's scale, `[batch, horizon, channel]`."""
        if self._norm is None:
            return future - self._mean
        return self._norm(future, self._mean, self._deviation, is_future=True)

    def restore(self, y: keras.KerasTensor) -> keras.KerasTensor:
        """Undoes the scaling of a forecast `[batch, horizon, channel, quantile]`."""
        if self._norm is not None:
            return self._norm(y, self._mean, self._deviation)
        return y if isinstance(self._mean, float) else y + ops.expand_dims(self._mean, -1)


def by_channel(x: keras.KerasTensor) -> keras.KerasTensor:
    """Reshapes `[batch, time, channel]` to `[batch · channel, time]`: each channel becomes a series."""
    return ops.reshape(ops.transpose(x, (0, 2, 1)), (-1, x.shape[1]))


def from_channels(y: keras.KerasTensor, shape: ForecastShape) -> keras.KerasTensor:
    """Reshapes `[batch · channel, horizon · quantile]` to `[batch, horizon, channel, quantile]`."""
    split = ops.reshape(y, (-1, shape.channels, shape.horizon, shape.quantiles))
    return ops.transpose(split, (0, 2, 1, 3))
