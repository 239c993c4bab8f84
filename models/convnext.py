"""ConvNeXt blocks."""

import keras

from models.channel_scale import ChannelScale
from models.convolution import Style, convolve_depthwise
from models.stochastic_depth import drop_path


def convnext_block(
    x: keras.KerasTensor,
    style: Style,
    *,
    expansion: int = 4,
    kernel_size: int = 7,
    initial_scale: float = 1e-6,
    drop_rate: float = 0.0,
) -> keras.KerasTensor:
    """A wide depthwise convolution, a layer normalization, and a perceptron for each pixel, scaled and added.

    Source: Liu et al., "A ConvNet for the 2020s", CVPR 2022, figure 4 right.

    Args:
      x: `[batch, height, width, channel]`.
      style: of the network, its activation aside: GELU belongs to the block.
      expansion: hidden units of the perceptron, over the channels.
      kernel_size: of the depthwise convolution.
      initial_scale: of ChannelScale.
      drop_rate: chance that the branch is dropped for an example, in training.

    Returns:
      `[batch, height, width, channel]`.
    """
    channels = x.shape[-1]
    branch = convolve_depthwise(x, style, kernel_size=kernel_size)
    branch = keras.layers.LayerNormalization(epsilon=1e-6)(branch)
    branch = keras.layers.Conv2D(expansion * channels, 1, activation="gelu", **style.kernel())(branch)
    branch = keras.layers.Conv2D(channels, 1, **style.kernel())(branch)
    branch = drop_path(ChannelScale(initial_scale)(branch), rate=drop_rate)
    return keras.layers.Add()([x, branch])
