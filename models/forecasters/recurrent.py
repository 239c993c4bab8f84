"""Recurrent sequence-to-sequence forecasters."""

from typing import Literal

import keras
from keras import ops

from models.forecasters.forecaster import ForecastShape, Normalization, Seen, forecaster
from models.forecasters.rows import check_multiples


def recurrent(
    shape: ForecastShape,
    *,
    cell: Literal["lstm", "gru"] = "gru",
    units: int = 64,
    patch: int = 1,
    dropout: float = 0.0,
    normalization: Normalization = "instance",
) -> keras.Model:
    """An encoder whose last state a decoder starts from, which then reads the calendar of what it forecasts.

    Source: Sutskever, Vinyals, Le, "Sequence to Sequence Learning with Neural Networks", NeurIPS 2014; Cho et al.,
    EMNLP 2014. The decoder does not read its own forecasts, as in Wen et al., "A Multi-Horizon Quantile Recurrent
    Forecaster", 2017, section 3.

    Args:
      shape: sizes of the problem.
      cell: kind of cell of encoder and decoder.
      units: size of a cell's state.
      patch: rows that are read, and forecast, in one step; look-back and horizon are multiples.
      dropout: rate before the head.
      normalization: see `models.forecasters.forecaster.forecaster`.

    Raises:
      ValueError: look-back or horizon is no multiple of patch.
    """
    check_multiples("patch", patch, lookback=shape.lookback, horizon=shape.horizon)
    layer = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[cell]
    steps = shape.horizon // patch

    def network(seen: Seen) -> keras.KerasTensor:
        x, calendar = seen.history, seen.calendar
        past = ops.reshape(x, (-1, shape.lookback // patch, patch * shape.channels))
        if calendar is not None:
            when = [calendar[:, : shape.lookback], calendar[:, shape.lookback :]]
            when = [ops.reshape(part, (-1, part.shape[1] // patch, patch * shape.calendar)) for part in when]
            past = ops.concatenate([past, when[0]], axis=-1)
        summary, *state = layer(units, return_state=True, name="encoder")(past)
        future = keras.layers.RepeatVector(steps)(summary)
        if calendar is not None:
            future = ops.concatenate([future, when[1]], axis=-1)
        y = layer(units, return_sequences=True, name="decoder")(future, initial_state=state)
        y = keras.layers.Dense(patch * shape.channels * shape.quantiles, name="head")(keras.layers.Dropout(dropout)(y))
        return ops.reshape(y, (-1, shape.horizon, shape.channels, shape.quantiles))

    return forecaster(shape, network, normalization=normalization, name=cell)
