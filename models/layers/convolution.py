"""Convolution, normalization and activation, of which the other blocks are made."""

from dataclasses import dataclass
from typing import Any

import keras

from models.layers.activations import activation
from models.layers.initializers import initializer
from models.layers.normalization import BatchNormalization


@dataclass(frozen=True)
class Style:
    """Style of all convolutions of a network.

    Attributes:
      activation: a name that `models.layers.activations.activation` knows.
      initializer: initializer of the kernels, a name that `models.layers.initializers.initializer` knows.
      kernel_l2: what the squares of the kernels are multiplied by and added to the loss; 0 adds nothing.
      momentum: momentum of the moving statistics of normalizations.
    """

    activation: str = "relu"
    initializer: str = "he_normal"
    kernel_l2: float = 0.0
    momentum: float = 0.9

    def kernel(self) -> dict[str, Any]:
        """Arguments of a layer with a kernel."""
        return {
            "kernel_initializer": initializer(self.initializer),
            "kernel_regularizer": keras.regularizers.L2(self.kernel_l2) if self.kernel_l2 else None,
        }

    def depthwise_kernel(self) -> dict[str, Any]:
        """Arguments of a depthwise convolution."""
        return {f"depthwise_{name.removeprefix('kernel_')}": value for name, value in self.kernel().items()}

    def activate(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """The network's activation."""
        return activation(self.activation)(x)


def normalize(x: keras.KerasTensor, style: Style, *, starts_at_zero: bool = False) -> keras.KerasTensor:
    """Batch normalization; one that starts at zero makes a residual block start as its shortcut.

    Source of the latter: Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 5.1.
    """
    gamma = "zeros" if starts_at_zero else "ones"
    return BatchNormalization(momentum=style.momentum, gamma_initializer=gamma)(x)


def convolve(
    x: keras.KerasTensor,
    style: Style,
    *,
    filters: int,
    kernel_size: int = 3,
    strides: int = 1,
    dilation: int = 1,
    groups: int = 1,
) -> keras.KerasTensor:
    """A convolution without bias: a normalization that follows has one.

    Args:
      x: `[batch, height, width, channel]`.
      style: style of all convolutions of the network.
      filters: channels of the output.
      kernel_size: height and width of the kernel.
      strides: along both axes.
      dilation: distance between the kernel's taps.
      groups: number of groups of channels that are convolved apart.

    Returns:
      `[batch, height / strides, width / strides, filters]`, rounded up.
    """
    return keras.layers.Conv2D(
        filters,
        kernel_size,
        strides=strides,
        padding="same",
        dilation_rate=dilation,
        groups=groups,
        use_bias=False,
        **style.kernel(),
    )(x)


def convolve_depthwise(
    x: keras.KerasTensor, style: Style, *, kernel_size: int = 3, strides: int = 1, dilation: int = 1
) -> keras.KerasTensor:
    """One kernel for each channel, without bias; see `convolve`."""
    return keras.layers.DepthwiseConv2D(
        kernel_size,
        strides=strides,
        padding="same",
        dilation_rate=dilation,
        use_bias=False,
        **style.depthwise_kernel(),
    )(x)


def convolve_separable(
    x: keras.KerasTensor, style: Style, *, filters: int, kernel_size: int = 3, strides: int = 1, dilation: int = 1
) -> keras.KerasTensor:
    """A depthwise convolution, then a pointwise one that mixes the channels, with nothing between them.

    Source: Chollet, "Xception", CVPR 2017, section 2, figure 4; without an activation between them, section 4.7.
    """
    x = convolve_depthwise(x, style, kernel_size=kernel_size, strides=strides, dilation=dilation)
    return convolve(x, style, filters=filters, kernel_size=1)
