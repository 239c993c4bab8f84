"""Densely connected networks."""

from collections.abc import Sequence

import keras

from models.classifiers.classifier import check_size, classifier, pixels, stem
from models.layers.convolution import Style, convolve, normalize

# Channels of a bottleneck, over the growth (Huang et al., CVPR 2017, section 3, "Bottleneck layers").
BOTTLENECK = 4


def dense_block(
    x: keras.KerasTensor, style: Style, *, layers: int, growth: int, is_bottlenecked: bool = True, dropout: float = 0.0
) -> keras.KerasTensor:
    """A block of layers, each of which takes the outputs of all before it.

    Source: Huang et al., "Densely Connected Convolutional Networks", CVPR 2017, equation 2.

    Args:
      x: `[batch, height, width, channel]`.
      style: style of all convolutions of the network.
      layers: how many.
      growth: channels that each adds.
      is_bottlenecked: whether a 1x1 convolution narrows what a layer takes.
      dropout: rate after each layer's convolution.

    Returns:
      `[batch, height, width, channel + layers * growth]`.
    """
    for number in range(layers):
        with keras.name_scope(f"layer_{number}"):
            branch = style.activate(normalize(x, style))
            if is_bottlenecked:
                branch = convolve(branch, style, filters=BOTTLENECK * growth, kernel_size=1)
                branch = style.activate(normalize(branch, style))
            branch = convolve(branch, style, filters=growth)
            if dropout:
                branch = keras.layers.Dropout(dropout)(branch)
            x = keras.layers.Concatenate()([x, branch])
    return x


def densenet(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    layers_per_block: Sequence[int],
    growth: int,
    compression: float = 0.5,
    is_bottlenecked: bool = True,
    stem_stride: int = 1,
    dropout: float = 0.0,
    style: Style | None = None,
) -> keras.Model:
    """DenseNet, with bottlenecks and compression DenseNet-BC.

    DenseNet-BC of depth 100 and growth 12 has three blocks of 16 bottlenecked layers (the same, section 4.2);
    DenseNet-121 has blocks of 6, 12, 24 and 16, growth 32 and a stem of stride 4 (the same, table 1).

    Args:
      image_shape: (height, width, channel) of an image.
      num_classes: number of logits.
      layers_per_block: a block each; between two the image is halved.
      growth: channels that a layer adds.
      compression: share of the channels that a transition keeps.
      is_bottlenecked: see `dense_block`.
      stem_stride: 1 for a convolution alone, as published for small images; for 2 and 4 see `stem`.
      dropout: rate before the head.
      style: style of all convolutions.

    Raises:
      ValueError: the network would shrink the image below one pixel.
    """
    style = style or Style()
    shrinks = stem_stride * 2 ** (len(layers_per_block) - 1)
    check_size(image_shape, shrinks=shrinks, what=f"A stem and {len(layers_per_block)} dense blocks")
    image, x = pixels(image_shape)
    with keras.name_scope("stem"):
        if stem_stride == 1:
            x = convolve(x, style, filters=2 * growth)
        else:
            x = stem(x, style, filters=2 * growth, stride=stem_stride)
    for number, layers in enumerate(layers_per_block):
        with keras.name_scope(f"stage_{number}"):
            x = dense_block(x, style, layers=layers, growth=growth, is_bottlenecked=is_bottlenecked)
            if number < len(layers_per_block) - 1:
                x = style.activate(normalize(x, style))
                x = convolve(x, style, filters=int(x.shape[-1] * compression), kernel_size=1)
                x = keras.layers.AveragePooling2D(2)(x)
    with keras.name_scope("last"):
        x = style.activate(normalize(x, style))
    return classifier(image, x, num_classes=num_classes, dropout=dropout, name="densenet")
