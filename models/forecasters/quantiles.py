"""Several quantiles of a forecast, in order."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="slipway")
class OrderedQuantiles(keras.layers.Layer):
    """Makes numbers into quantiles that do not cross: the middle one is kept, and each further one is a positive
    distance from its neighbour. Maps `[..., quantile]` to the same shape; a single number stays as it is.

    Source: Park et al., "Learning Quantile Functions without Quantile Crossing for Distribution-free Time Series
    Forecasting", AISTATS 2022, section 3 (sums of positive increments).
    """

    def call(self, inputs: Any) -> Any:
        count = inputs.shape[-1]
        middle = count // 2
        columns = [inputs[..., index : index + 1] for index in range(count)]
        for index in range(middle + 1, count):
            columns[index] = columns[index - 1] + ops.softplus(columns[index])
        for index in range(middle - 1, -1, -1):
            columns[index] = columns[index + 1] - ops.softplus(columns[index])
        return ops.concatenate(columns, axis=-1) if count > 1 else inputs

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape
