"""Residual networks, with or without squeeze-and-excitation."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras

from models.classifiers.classifier import check_size, classifier, pixels, stem
from models.layers.convolution import Style, normalize
from models.layers.residual import Block, SEPlacement, residual_block
from models.layers.stochastic_depth import drop_rates


@dataclass(frozen=True)
class Shape:
    """Widths and depths of the stages, the kind of block, and how much the stem shrinks the image."""

    widths: tuple[int, ...]
    blocks: tuple[int, ...]
    block: Block
    stem_stride: int


# He et al., "Deep Residual Learning", CVPR 2016, table 1.
_IMAGENET = {
    18: Shape((64, 128, 256, 512), (2, 2, 2, 2), "basic", 4),
    34: Shape((64, 128, 256, 512), (3, 4, 6, 3), "basic", 4),
    50: Shape((256, 512, 1024, 2048), (3, 4, 6, 3), "bottleneck", 4),
}
# The same, section 4.2: 6n + 2 layers.
_CIFAR = {depth: Shape((16, 32, 64), ((depth - 2) // 6,) * 3, "basic", 1) for depth in (8, 14, 20, 32, 44, 56, 110)}
DEPTHS = _CIFAR | _IMAGENET


def resnet(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    widths: Sequence[int],
    blocks_per_stage: int | Sequence[int],
    block: Block = "basic",
    stem_stride: int = 1,
    se_ratio: int | None = None,
    se_placement: SEPlacement = "standard",
    drop_rate: float = 0.0,
    dropout: float = 0.0,
    style: Style | None = None,
) -> keras.Model:
    """A residual classifier: a stem, one stage for each width (all but the first halve the image), one linear head.

    Args:
      image_shape: (height, width, channel) of an image.
      num_classes: number of logits.
      widths: channels of each stage.
      blocks_per_stage: residual blocks in each stage; one number for all.
      block: see `residual_block`.
      stem_stride: 1, 2 or 4; see `stem`.
      se_ratio: see `residual_block`.
      se_placement: see `residual_block`.
      drop_rate: stochastic depth of the last block; see `drop_rates`.
      dropout: rate before the head.
      style: style of all convolutions.

    Returns:
      A model from `{"image": [batch, height, width, channel]}`, pixels in [0, 1], to `{"logits": [batch, class]}`.

    Raises:
      ValueError: the stages would shrink the image below one pixel, or there is not one depth for each width.
    """
    style = style or Style()
    depths = (blocks_per_stage,) * len(widths) if isinstance(blocks_per_stage, int) else tuple(blocks_per_stage)
    if len(depths) != len(widths):
        raise ValueError(
            f"blocks_per_stage must be one number, or one for each of the {len(widths)} widths. Received: {depths}"
        )
    check_size(image_shape, shrinks=stem_stride * 2 ** (len(widths) - 1), what=f"A stem and {len(widths)} stages")
    image, x = pixels(image_shape)
    # A bottleneck's stem has its inner width.
    with keras.name_scope("stem"):
        x = stem(x, style, filters=widths[0] if block != "bottleneck" else widths[0] // 4, stride=stem_stride)
    rates = iter(drop_rates(drop_rate, sum(depths)))
    for stage, (filters, depth) in enumerate(zip(widths, depths, strict=True)):
        for number in range(depth):
            with keras.name_scope(f"stage_{stage}"), keras.name_scope(f"block_{number}"):
                x = residual_block(
                    x,
                    style,
                    filters=filters,
                    block=block,
                    strides=2 if stage > 0 and number == 0 else 1,
                    se_ratio=se_ratio,
                    se_placement=se_placement,
                    drop_rate=next(rates),
                )
    if block == "preactivation":
        x = style.activate(normalize(x, style))
    return classifier(image, x, num_classes=num_classes, dropout=dropout, name="resnet")
