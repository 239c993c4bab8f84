"""Linear forecasters: one matrix from the look-back to the horizon, the same for all channels.

Source: Zeng et al., "Are Transformers Effective for Time Series Forecasting?", AAAI 2023, section 4.
"""

import keras
from keras import ops

from models.forecasters.forecaster import ForecastShape, Normalization, Seen, by_channel, forecaster, from_channels
from models.forecasters.rows import check_kernel, check_multiples


def dlinear(shape: ForecastShape, *, kernel: int = 25, normalization: Normalization = "none") -> keras.Model:
    """A moving average and the remainder, each mapped by a matrix of its own.

    Args:
      shape: sizes of the problem.
      kernel: rows of the moving average, odd; the series' ends are repeated beyond them.
      normalization: see `models.forecasters.forecaster.forecaster`.

    Raises:
      ValueError: the kernel is even.
    """
    check_kernel(kernel)

    def network(seen: Seen) -> keras.KerasTensor:
        x, half = seen.history, kernel // 2
        ends = [ops.repeat(x[:, place], half, axis=1) for place in (slice(0, 1), slice(-1, None))]
        padded = ops.concatenate([ends[0], x, ends[1]], axis=1)
        trend = keras.layers.AveragePooling1D(kernel, strides=1, padding="valid")(padded)
        parts = [_matrix(part, shape, name) for part, name in ((x - trend, "seasonal"), (trend, "trend"))]
        return from_channels(keras.layers.Add()(parts), shape)

    return forecaster(shape, network, normalization=normalization, name="dlinear")


def nlinear(shape: ForecastShape, *, dropout: float = 0.0, normalization: Normalization = "last") -> keras.Model:
    """One matrix on the series less its last row.

    With normalization "instance" it is RLinear (Li et al., "Revisiting Long-term Time Series Forecasting: An
    Investigation on Linear Mapping", 2023).

    Args:
      shape: sizes of the problem.
      dropout: rate of the rows that the matrix sees.
      normalization: see `models.forecasters.forecaster.forecaster`.
    """

    def network(seen: Seen) -> keras.KerasTensor:
        return from_channels(_matrix(keras.layers.Dropout(dropout)(seen.history), shape, "linear"), shape)

    return forecaster(shape, network, normalization=normalization, name="nlinear")


def periodic(
    shape: ForecastShape, *, period: int, dropout: float = 0.0, normalization: Normalization = "instance"
) -> keras.Model:
    """The values at each place of a period as a series of its own, all with one small matrix, after a smoothing over a
    period.

    Source: Lin et al., "SparseTSF: Modeling Long-term Time Series Forecasting with 1k Parameters", ICML 2024.

    Args:
      shape: sizes of the problem.
      period: rows; look-back and horizon are multiples.
      dropout: rate of the rows that the matrix sees.
      normalization: see `models.forecasters.forecaster.forecaster`.

    Raises:
      ValueError: look-back or horizon is no multiple of the period.
    """
    check_multiples("period", period, lookback=shape.lookback, horizon=shape.horizon)
    before, after = shape.lookback // period, shape.horizon // period

    def network(seen: Seen) -> keras.KerasTensor:
        x = ops.expand_dims(by_channel(seen.history), -1)
        smoothing = keras.layers.Conv1D(1, 2 * (period // 2) + 1, padding="same", use_bias=False, name="smoothing")
        x = ops.reshape(x + smoothing(x), (-1, before, period))
        x = keras.layers.Dropout(dropout)(ops.transpose(x, (0, 2, 1)))
        y = keras.layers.Dense(after * shape.quantiles, use_bias=False, name="linear")(x)
        # [sequence, place, period · quantile] to rows in their order.
        y = ops.transpose(ops.reshape(y, (-1, period, after, shape.quantiles)), (0, 2, 1, 3))
        return from_channels(ops.reshape(y, (-1, shape.horizon * shape.quantiles)), shape)

    return forecaster(shape, network, normalization=normalization, name="periodic")


def _matrix(x: keras.KerasTensor, shape: ForecastShape, name: str) -> keras.KerasTensor:
    # As the paper's code draws it: uniform up to 1 / √lookback.
    start = keras.initializers.VarianceScaling(1 / 3, mode="fan_in", distribution="uniform")
    return keras.layers.Dense(shape.horizon * shape.quantiles, kernel_initializer=start, name=name)(by_channel(x))
