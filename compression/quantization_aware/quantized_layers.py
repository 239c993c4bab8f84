"""Layers whose kernels are rounded as an int8 file will hold them, while they are trained."""

from typing import Any, ClassVar

import keras
from keras import ops

from compression.quantization_aware.fake_quantize import fake_quantize_kernel


class QuantizedKernel:
    """What the layers share: how many values a kernel may have, and the layer that they are a kind of."""

    plain: ClassVar[type[keras.Layer]]
    kernel: Any

    def __init__(self, *args: Any, bits: int = 8, **kwargs: Any) -> None:
        """Args:
        bits: see `fake_quantize_kernel`.
        """
        super().__init__(*args, **kwargs)
        self.bits = bits

    def quantized(self, kernel: Any) -> Any:
        """The kernel with a step for each output channel."""
        return fake_quantize_kernel(ops.convert_to_tensor(kernel), bits=self.bits, per_channel=True)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "bits": self.bits}  # type: ignore[misc]


@keras.saving.register_keras_serializable(package="slipway")
class QuantizedConv1D(QuantizedKernel, keras.layers.Conv1D):
    """Conv1D with a quantized kernel."""

    plain = keras.layers.Conv1D

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        return super().convolution_op(inputs, self.quantized(kernel))


@keras.saving.register_keras_serializable(package="slipway")
class QuantizedConv2D(QuantizedKernel, keras.layers.Conv2D):
    """Conv2D with a quantized kernel."""

    plain = keras.layers.Conv2D

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        return super().convolution_op(inputs, self.quantized(kernel))


@keras.saving.register_keras_serializable(package="slipway")
class QuantizedDepthwiseConv2D(QuantizedKernel, keras.layers.DepthwiseConv2D):
    """DepthwiseConv2D with a quantized kernel, linear as `quantizable` leaves it."""

    plain = keras.layers.DepthwiseConv2D

    def quantized(self, kernel: Any) -> Any:
        # A step for each channel and multiplier, which are not the last axis alone.
        flat = ops.reshape(ops.convert_to_tensor(kernel), (*self.kernel_size, -1))
        return ops.reshape(super().quantized(flat), kernel.shape)

    def call(self, inputs: Any) -> Any:
        outputs = ops.depthwise_conv(
            inputs,
            self.quantized(self.kernel),
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )
        return outputs if self.bias is None else outputs + ops.convert_to_tensor(self.bias)


@keras.saving.register_keras_serializable(package="slipway")
class QuantizedDense(QuantizedKernel, keras.layers.Dense):
    """Dense with a quantized kernel, linear as `quantizable` leaves it; one step for all, as the converter does it."""

    plain = keras.layers.Dense

    def quantized(self, kernel: Any) -> Any:
        return fake_quantize_kernel(ops.convert_to_tensor(kernel), bits=self.bits, per_channel=False)

    def call(self, inputs: Any) -> Any:
        outputs = ops.matmul(inputs, self.quantized(self.kernel))
        return outputs if self.bias is None else outputs + ops.convert_to_tensor(self.bias)


QUANTIZED: dict[type[keras.Layer], type[keras.Layer]] = {
    kind.plain: kind for kind in (QuantizedConv1D, QuantizedConv2D, QuantizedDepthwiseConv2D, QuantizedDense)
}
