"""Dilated residual networks: image classifiers that keep their resolution."""

from collections.abc import Sequence

import keras

from models.classifiers.classifier import check_size, classifier, pixels, stem
from models.layers.convolution import Style
from models.layers.dilated import dilated_block, dilated_pyramid
from models.layers.stochastic_depth import drop_rates


def dilated_network(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    widths: Sequence[int],
    blocks_per_stage: int,
    dilations: Sequence[int],
    stem_stride: int = 1,
    pyramid: Sequence[int] = (),
    drop_rate: float = 0.0,
    dropout: float = 0.0,
    style: Style | None = None,
) -> keras.Model:
    """A stem, stages of dilated blocks at one resolution, a pyramid if one is asked for, and one linear head.

    Source: Yu, Koltun, Funkhouser, "Dilated Residual Networks", CVPR 2017, section 2, which dilates the last two stages
    of a ResNet; the pyramid: Chen et al., "Rethinking Atrous Convolution", 2017, section 3.3.

    Args:
      image_shape: (height, width, channel) of an image.
      num_classes: number of logits.
      widths: channels of each stage.
      blocks_per_stage: dilated blocks in each stage.
      dilations: dilation of the convolutions of each stage.
      stem_stride: 1, 2 or 4; see `stem`.
      pyramid: dilations of the pyramid, which has the last stage's channels; none leaves it out.
      drop_rate: stochastic depth of the last block; see `drop_rates`.
      dropout: rate before the head.
      style: style of all convolutions.

    Returns:
      See `models.classifiers.classifier.classifier`.

    Raises:
      ValueError: the stem would shrink the image below one pixel, or there is not one dilation for each width.
    """
    style = style or Style()
    if len(dilations) != len(widths):
        raise ValueError(f"dilations must be one for each of the {len(widths)} widths. Received: {tuple(dilations)}")
    check_size(image_shape, shrinks=stem_stride, what="The stem")
    image, x = pixels(image_shape)
    with keras.name_scope("stem"):
        x = stem(x, style, filters=widths[0], stride=stem_stride)
    rates = iter(drop_rates(drop_rate, blocks_per_stage * len(widths)))
    for stage, (filters, dilation) in enumerate(zip(widths, dilations, strict=True)):
        for number in range(blocks_per_stage):
            with keras.name_scope(f"stage_{stage}"), keras.name_scope(f"block_{number}"):
                x = dilated_block(x, style, filters=filters, dilation=dilation, drop_rate=next(rates))
    if pyramid:
        with keras.name_scope("pyramid"):
            x = dilated_pyramid(x, style, filters=widths[-1], rates=pyramid)
    return classifier(image, x, num_classes=num_classes, dropout=dropout, name="dilated")
