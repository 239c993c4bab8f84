"""EfficientNets: one network, scaled in depth, width and resolution together."""

import math
from typing import NamedTuple

import keras

from models.classifiers.classifier import check_size, classifier, pixels
from models.layers.convolution import Style, convolve, normalize
from models.layers.inverted_residual import Gate, inverted_residual, round_channels
from models.layers.stochastic_depth import drop_rates

# Tan, Le, "EfficientNet", ICML 2019, equation 3 and step 1 below it.
DEPTH, WIDTH, RESOLUTION = 1.2, 1.1, 1.15


class _Group(NamedTuple):
    """Equal blocks: expansion factor, kernel size, channels, number of blocks, stride of the first."""

    expansion: int
    kernel_size: int
    filters: int
    blocks: int
    strides: int


# The same, table 1.
_B0 = (
    _Group(1, 3, 16, 1, 1),
    _Group(6, 3, 24, 2, 2),
    _Group(6, 5, 40, 2, 2),
    _Group(6, 3, 80, 3, 2),
    _Group(6, 5, 112, 3, 1),
    _Group(6, 5, 192, 4, 2),
    _Group(6, 3, 320, 1, 1),
)


class Scale(NamedTuple):
    """Factors of B0's depth, width and image size."""

    depth: float
    width: float
    resolution: float


def compound(phi: float) -> Scale:
    """The scale at which a network takes about 2 to the power of phi times the operations of B0."""
    return Scale(DEPTH**phi, WIDTH**phi, RESOLUTION**phi)


def efficientnet(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    depth: float = 1.0,
    width: float = 1.0,
    shrinks: int = 32,
    drop_rate: float = 0.0,
    dropout: float = 0.0,
    style: Style | None = None,
) -> keras.Model:
    """EfficientNet-B0 (Tan, Le, ICML 2019, table 1), scaled.

    Args:
      image_shape: (height, width, channel) of an image; scaling it is up to the caller.
      num_classes: number of logits.
      depth: what the number of blocks of each stage is multiplied by, rounded up.
      width: what all channels are multiplied by, rounded to multiples of 8.
      shrinks: how many times the image is shrunk: 32 as published; see `models.classifiers.mobilenet.mobilenet_v2`.
      drop_rate: stochastic depth of the last block; published with 0.2.
      dropout: rate before the head.
      style: style of all convolutions; published with silu.

    Raises:
      ValueError: the network would shrink the image below one pixel.
    """
    style = style or Style(activation="silu")
    check_size(image_shape, shrinks=shrinks, what="An EfficientNet")
    image, x = pixels(image_shape)
    shrunk = 2 if shrinks > 1 else 1
    with keras.name_scope("stem"):
        x = style.activate(normalize(convolve(x, style, filters=round_channels(32 * width), strides=shrunk), style))
    depths = [math.ceil(group.blocks * depth) for group in _B0]
    rates = iter(drop_rates(drop_rate, sum(depths)))
    for stage, (group, blocks) in enumerate(zip(_B0, depths, strict=True)):
        for number in range(blocks):
            strides = group.strides if number == 0 and shrunk * group.strides <= shrinks else 1
            shrunk *= strides
            channels = x.shape[-1]
            with keras.name_scope(f"stage_{stage}"), keras.name_scope(f"block_{number}"):
                x = inverted_residual(
                    x,
                    style,
                    filters=round_channels(group.filters * width),
                    expanded=channels * group.expansion,
                    kernel_size=group.kernel_size,
                    strides=strides,
                    # A quarter of what comes in, not of what it is expanded to: as in the authors' code.
                    gate=Gate(max(1, channels // 4), style.activation, "sigmoid"),
                    drop_rate=next(rates),
                )
    with keras.name_scope("last"):
        x = style.activate(normalize(convolve(x, style, filters=round_channels(1280 * width), kernel_size=1), style))
    return classifier(image, x, num_classes=num_classes, dropout=dropout, name="efficientnet")
