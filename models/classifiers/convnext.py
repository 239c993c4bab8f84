"""ConvNeXt."""

from collections.abc import Sequence

import keras

from models.classifiers.classifier import check_size, classifier, pixels
from models.layers.channel_scale import ChannelScale
from models.layers.convolution import Style, convolve_depthwise
from models.layers.stochastic_depth import drop_path, drop_rates


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
      style: style of the convolutions; its activation is not used, as GELU belongs to the block.
      expansion: hidden units of the perceptron, over the channels.
      kernel_size: rows and columns of the depthwise kernel.
      initial_scale: initial factor of ChannelScale.
      drop_rate: chance that the branch is dropped for an example, in training.

    Returns:
      `[batch, height, width, channel]`.
    """
    channels = x.shape[-1]
    branch = convolve_depthwise(x, style, kernel_size=kernel_size)
    branch = _normalize(branch)
    branch = keras.layers.Conv2D(expansion * channels, 1, activation="gelu", **style.kernel())(branch)
    branch = keras.layers.Conv2D(channels, 1, **style.kernel())(branch)
    branch = drop_path(ChannelScale(initial_scale)(branch), rate=drop_rate)
    return keras.layers.Add()([x, branch])


def convnext(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    widths: Sequence[int] = (96, 192, 384, 768),
    blocks_per_stage: Sequence[int] = (3, 3, 9, 3),
    stem_stride: int = 4,
    drop_rate: float = 0.0,
    dropout: float = 0.0,
    style: Style | None = None,
) -> keras.Model:
    """ConvNeXt (Liu et al., section 2); by default ConvNeXt-T, without the bias of its depthwise convolutions.

    Args:
      image_shape: (height, width, channel) of an image.
      num_classes: number of logits.
      widths: channels of each stage; between two the image is halved.
      blocks_per_stage: a depth for each width.
      stem_stride: height and width of the squares that the stem makes pixels of; 4 as published, 1 or 2 suit small
        images.
      drop_rate: stochastic depth of the last block; published with 0.1.
      dropout: rate before the head.
      style: style of all convolutions.

    Raises:
      ValueError: the network would shrink the image below one pixel, or there is not one depth for each width.
    """
    style = style or Style()
    if len(blocks_per_stage) != len(widths):
        raise ValueError(
            f"blocks_per_stage must be one for each of the {len(widths)} widths. Received: {tuple(blocks_per_stage)}. "
            f"Name as many."
        )
    check_size(image_shape, shrinks=stem_stride * 2 ** (len(widths) - 1), what=f"A stem and {len(widths)} stages")
    image, x = pixels(image_shape)
    with keras.name_scope("stem"):
        x = _normalize(_shrink(x, style, filters=widths[0], stride=stem_stride))
    rates = iter(drop_rates(drop_rate, sum(blocks_per_stage)))
    for stage, (filters, blocks) in enumerate(zip(widths, blocks_per_stage, strict=True)):
        with keras.name_scope(f"stage_{stage}"):
            if stage > 0:
                x = _shrink(_normalize(x), style, filters=filters, stride=2)
            for number in range(blocks):
                with keras.name_scope(f"block_{number}"):
                    x = convnext_block(x, style, drop_rate=next(rates))
    x = keras.layers.GlobalAveragePooling2D(name="pooled")(x)
    with keras.name_scope("last"):
        x = _normalize(x)
    return classifier(image, x, num_classes=num_classes, dropout=dropout, name="convnext")


def _normalize(x: keras.KerasTensor) -> keras.KerasTensor:
    """Normalizes each pixel by its own channels."""
    return keras.layers.LayerNormalization(epsilon=1e-6)(x)


def _shrink(x: keras.KerasTensor, style: Style, *, filters: int, stride: int) -> keras.KerasTensor:
    """Maps each of the squares of an image linearly; they do not overlap, and the rest at the edges is cut off."""
    return keras.layers.Conv2D(filters, stride, strides=stride, **style.kernel())(x)
