"""Quantization as inference will do it, computed in floating point: layers that train with it."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops

# Of int8, which every kernel is stored in.
_STORED_BITS = 8
# Narrower ranges are of activations that do not vary: XNNPACK crashes on their scale.
_SMALLEST_RANGE = 1e-4


@keras.saving.register_keras_serializable(package="slipway")
class FakeQuantize(keras.layers.Layer):
    """Rounds to 256 steps between the ends of a range, `[...]` to the same shape.

    The range follows the smallest and largest value of each training batch as a moving average, the first batch's
    being where it starts, and always holds zero. Gradients pass where a value is within it.
    Source: Jacob et al., "Quantization and Training of Neural Networks", CVPR 2018, section 3.1.
    """

    def __init__(self, *, momentum: float = 0.99, fixed: tuple[float, float] | None = None, **kwargs: Any) -> None:
        """Args:
        momentum: of the moving average.
        fixed: the range, where the kernel that computes the values prescribes it, as that of a sigmoid does.
        """
        super().__init__(**kwargs)
        self.momentum = momentum
        self.fixed = fixed

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        low, high = self.fixed or (0.0, 0.0)
        self.low, self.high = (self._end(name, value) for name, value in (("low", low), ("high", high)))

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        values = ops.cast(inputs, "float32")
        low, high = ops.convert_to_tensor(self.low), ops.convert_to_tensor(self.high)
        if training and self.fixed is None:
            # Nothing was seen while both ends are zero.
            kept = ops.where(high > low, self.momentum, 0.0)
            low = kept * low + (1 - kept) * ops.minimum(ops.min(values), 0.0)
            high = kept * high + (1 - kept) * ops.maximum(ops.max(values), low + _SMALLEST_RANGE)
            low, high = ops.stop_gradient(low), ops.stop_gradient(high)
            self.low.assign(low)
            self.high.assign(high)
        return tf.quantization.fake_quant_with_min_max_vars(values, low, high)

    def _end(self, name: str, value: float) -> keras.Variable:
        initial = keras.initializers.Constant(value)
        # Devices that train together see a part of a batch each, and have one range.
        return self.add_weight(
            name=name, shape=(), initializer=initial, trainable=False, dtype="float32", aggregation="mean"
        )

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum, "fixed": self.fixed}


def fake_quantize_kernel(kernel: Any, *, bits: int, per_channel: bool) -> Any:
    """A kernel rounded to whole multiples of a step, zero staying zero; gradients pass unchanged.

    With fewer than 8 bits the values are rounded to int8 once more: that is what the file holds.

    Args:
      kernel: `[..., channel]`.
      bits: the kernel has 2 ** bits - 1 values.
      per_channel: a step for each channel; else one for all.
    """
    axes = list(range(len(kernel.shape) - 1)) if per_channel else None
    limit = ops.stop_gradient(ops.maximum(ops.max(ops.abs(kernel), axis=axes), 1e-9))
    quantize = (
        tf.quantization.fake_quant_with_min_max_vars_per_channel
        if per_channel
        else tf.quantization.fake_quant_with_min_max_vars
    )
    for width in sorted({bits, _STORED_BITS}):
        kernel = quantize(kernel, -limit, limit, num_bits=width, narrow_range=True)
    return kernel
