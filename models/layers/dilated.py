"""Dilated convolutions: a wide view without losing resolution."""

from collections.abc import Sequence

import keras

from models.layers.convolution import Style, convolve, normalize
from models.layers.stochastic_depth import drop_path


def dilated_block(
    x: keras.KerasTensor, style: Style, *, filters: int, dilation: int, drop_rate: float = 0.0
) -> keras.KerasTensor:
    """A basic residual block whose convolutions are dilated instead of strided: it sees as far at full resolution.

    Source: Yu, Koltun, Funkhouser, "Dilated Residual Networks", CVPR 2017, section 2. The last normalization starts at
    zero, so that the block starts as its shortcut.

    Args:
      x: `[batch, height, width, channel]`.
      style: style of all convolutions of the network.
      filters: channels of the output; where they are not the input's, the shortcut is projected.
      dilation: dilation of both 3x3 convolutions.
      drop_rate: chance that the branch is dropped for an example, in training.

    Returns:
      `[batch, height, width, filters]`.
    """
    shortcut = x
    if x.shape[-1] != filters:
        shortcut = normalize(convolve(x, style, filters=filters, kernel_size=1), style)
    branch = style.activate(normalize(convolve(x, style, filters=filters, dilation=dilation), style))
    branch = normalize(convolve(branch, style, filters=filters, dilation=dilation), style, starts_at_zero=True)
    return style.activate(keras.layers.Add()([drop_path(branch, rate=drop_rate), shortcut]))


def dilated_pyramid(
    x: keras.KerasTensor, style: Style, *, filters: int, rates: Sequence[int] = (2, 4, 6)
) -> keras.KerasTensor:
    """Sees the image at several scales at once: a 1x1 convolution, one 3x3 for each rate, and the whole image's mean.

    Source: Chen et al., "Rethinking Atrous Convolution", 2017 (DeepLabv3), section 3.3, figure 5.

    Args:
      x: `[batch, height, width, channel]`, height and width known.
      style: style of all convolutions of the network.
      filters: channels of each branch and of the output.
      rates: dilations.

    Returns:
      `[batch, height, width, filters]`.
    """

    def branch(tensor: keras.KerasTensor, kernel_size: int, dilation: int = 1) -> keras.KerasTensor:
        tensor = convolve(tensor, style, filters=filters, kernel_size=kernel_size, dilation=dilation)
        return style.activate(normalize(tensor, style))

    mean = branch(keras.layers.GlobalAveragePooling2D(keepdims=True)(x), 1)
    mean = keras.layers.UpSampling2D(x.shape[1:3])(mean)
    branches = [branch(x, 1), *(branch(x, 3, rate) for rate in rates), mean]
    return branch(keras.layers.Concatenate()(branches), 1)
