"""MobileNetV2 and MobileNetV3-Small."""

from dataclasses import replace
from typing import NamedTuple

import keras

from models.classifiers.classifier import check_size, classifier, pixels
from models.layers.convolution import Style, convolve, normalize
from models.layers.inverted_residual import Gate, inverted_residual, round_channels
from models.layers.stochastic_depth import drop_rates


class _Group(NamedTuple):
    """Equal blocks: expansion factor, channels, number of blocks, stride of the first."""

    expansion: int
    filters: int
    blocks: int
    strides: int


# Sandler et al., CVPR 2018, table 2.
_V2 = (
    _Group(1, 16, 1, 1),
    _Group(6, 24, 2, 2),
    _Group(6, 32, 3, 2),
    _Group(6, 64, 4, 2),
    _Group(6, 96, 3, 1),
    _Group(6, 160, 3, 2),
    _Group(6, 320, 1, 1),
)


class _Block(NamedTuple):
    """Kernel size, channels inside and outside, whether gated, the activation, stride."""

    kernel_size: int
    expanded: int
    filters: int
    is_gated: bool
    activation: str
    strides: int


# Howard et al., ICCV 2019, table 2.
_V3_SMALL = (
    _Block(3, 16, 16, True, "relu", 2),
    _Block(3, 72, 24, False, "relu", 2),
    _Block(3, 88, 24, False, "relu", 1),
    _Block(5, 96, 40, True, "hard_swish", 2),
    _Block(5, 240, 40, True, "hard_swish", 1),
    _Block(5, 240, 40, True, "hard_swish", 1),
    _Block(5, 120, 48, True, "hard_swish", 1),
    _Block(5, 144, 48, True, "hard_swish", 1),
    _Block(5, 288, 96, True, "hard_swish", 2),
    _Block(5, 576, 96, True, "hard_swish", 1),
    _Block(5, 576, 96, True, "hard_swish", 1),
)


def _strides(published: int, shrinks: int, so_far: int) -> int:
    """The stride as published while the image may still shrink; 1 after that."""
    return published if so_far * published <= shrinks else 1


def mobilenet_v2(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    width: float = 1.0,
    shrinks: int = 32,
    drop_rate: float = 0.0,
    dropout: float = 0.0,
    style: Style | None = None,
) -> keras.Model:
    """MobileNetV2: inverted residuals with linear bottlenecks (Sandler et al., CVPR 2018, table 2).

    Args:
      image_shape: (height, width, channel) of an image.
      num_classes: number of logits.
      width: what all channels are multiplied by; the last layer's only above 1, as there.
      shrinks: how many times the image is shrunk: 32 as published; 4 or 8 suit small images. Strides that would
        shrink it further are left out, the first ones staying.
      drop_rate: stochastic depth of the last block.
      dropout: rate before the head.
      style: style of all convolutions; published with relu6.

    Raises:
      ValueError: the network would shrink the image below one pixel.
    """
    style = style or Style(activation="relu6")
    check_size(image_shape, shrinks=shrinks, what="A MobileNetV2")
    image, x = pixels(image_shape)
    shrunk = _strides(2, shrinks, 1)
    with keras.name_scope("stem"):
        x = convolve(x, style, filters=round_channels(32 * width), strides=shrunk)
        x = style.activate(normalize(x, style))
    rates = iter(drop_rates(drop_rate, sum(group.blocks for group in _V2)))
    for stage, group in enumerate(_V2):
        for number in range(group.blocks):
            strides = _strides(group.strides if number == 0 else 1, shrinks, shrunk)
            shrunk *= strides
            with keras.name_scope(f"stage_{stage}"), keras.name_scope(f"block_{number}"):
                x = inverted_residual(
                    x,
                    style,
                    filters=round_channels(group.filters * width),
                    expanded=x.shape[-1] * group.expansion,
                    strides=strides,
                    drop_rate=next(rates),
                )
    with keras.name_scope("last"):
        x = convolve(x, style, filters=round_channels(1280 * max(width, 1.0)), kernel_size=1)
        x = style.activate(normalize(x, style))
    return classifier(image, x, num_classes=num_classes, dropout=dropout, name="mobilenet_v2")


def mobilenet_v3_small(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    width: float = 1.0,
    shrinks: int = 32,
    drop_rate: float = 0.0,
    dropout: float = 0.0,
    style: Style | None = None,
) -> keras.Model:
    """MobileNetV3-Small: inverted residuals, gated and with hard-swish where that pays (Howard et al., ICCV 2019).

    The published hidden layer of 1,024 units before the logits is left out: it has more parameters than the rest of a
    network for few classes. See `mobilenet_v2` for the arguments; the style's activation is replaced by the table's.

    Raises:
      ValueError: the network would shrink the image below one pixel.
    """
    style = replace(style or Style(), activation="hard_swish")
    check_size(image_shape, shrinks=shrinks, what="A MobileNetV3-Small")
    image, x = pixels(image_shape)
    shrunk = _strides(2, shrinks, 1)
    with keras.name_scope("stem"):
        x = style.activate(normalize(convolve(x, style, filters=round_channels(16 * width), strides=shrunk), style))
    rates = drop_rates(drop_rate, len(_V3_SMALL))
    for number, (block, rate) in enumerate(zip(_V3_SMALL, rates, strict=True)):
        strides = _strides(block.strides, shrinks, shrunk)
        shrunk *= strides
        expanded = round_channels(block.expanded * width)
        gate = Gate(round_channels(expanded / 4), "relu", "hard_sigmoid") if block.is_gated else None
        with keras.name_scope(f"block_{number}"):
            x = inverted_residual(
                x,
                replace(style, activation=block.activation),
                filters=round_channels(block.filters * width),
                expanded=expanded,
                kernel_size=block.kernel_size,
                strides=strides,
                gate=gate,
                drop_rate=rate,
            )
    with keras.name_scope("last"):
        x = style.activate(normalize(convolve(x, style, filters=round_channels(576 * width), kernel_size=1), style))
    return classifier(image, x, num_classes=num_classes, dropout=dropout, name="mobilenet_v3_small")
