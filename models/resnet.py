"""Residual networks for small images, with squeeze-and-excitation."""

from collections.abc import Sequence

import keras

from models.squeeze_excitation import squeeze_excite


def _convolution(x: keras.KerasTensor, *, filters: int, strides: int, kernel_size: int = 3) -> keras.KerasTensor:
    """Convolution without bias and the batch normalization that stands in for it."""
    x = keras.layers.Conv2D(
        filters, kernel_size, strides=strides, padding="same", use_bias=False, kernel_initializer="he_normal"
    )(x)
    return keras.layers.BatchNormalization(momentum=0.9)(x)


def residual_block(
    x: keras.KerasTensor, *, filters: int, strides: int = 1, se_ratio: int | None = None
) -> keras.KerasTensor:
    """The basic block: two 3x3 convolutions, an SE gate before the addition, a projected shortcut where shapes differ.

    Sources: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, figure 2; Hu et al.,
    "Squeeze-and-Excitation Networks", CVPR 2018, figure 3. The last normalization starts at scale zero, so that the
    block starts as its shortcut (Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 5.1).

    Args:
      x: `[batch, height, width, channel]`.
      filters: channels of the output.
      strides: of the first convolution and of the shortcut.
      se_ratio: channels are squeezed by this factor inside the gate; None leaves the gate out.

    Returns:
      `[batch, height / strides, width / strides, filters]`.
    """
    shortcut = x
    if strides != 1 or x.shape[-1] != filters:
        shortcut = _convolution(x, filters=filters, strides=strides, kernel_size=1)
    x = keras.layers.Activation("relu")(_convolution(x, filters=filters, strides=strides))
    x = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
    x = keras.layers.BatchNormalization(momentum=0.9, gamma_initializer="zeros")(x)
    if se_ratio is not None:
        x = squeeze_excite(x, ratio=se_ratio)
    return keras.layers.Activation("relu")(keras.layers.Add()([x, shortcut]))


def resnet(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    widths: Sequence[int],
    blocks_per_stage: int,
    se_ratio: int | None = None,
    dropout: float = 0.0,
) -> keras.Model:
    """A residual classifier: a 3x3 stem, one stage a width (all but the first halve the image), one linear head.

    Args:
      image_shape: (height, width, channel) of an image.
      num_classes: number of logits.
      widths: channels of each stage.
      blocks_per_stage: residual blocks in each stage.
      se_ratio: see `residual_block`.
      dropout: rate before the head.

    Returns:
      A model from `{"image": [batch, height, width, channel]}`, pixels in [0, 1], to `{"logits": [batch, class]}`.

    Raises:
      ValueError: the stages would shrink the image below one pixel.
    """
    if min(image_shape[:2]) < 2 ** (len(widths) - 1):
        raise ValueError(
            f"{len(widths)} stages halve the image {len(widths) - 1} times, so that it must be at least "
            f"{2 ** (len(widths) - 1)} pixels high and wide. Received: image_shape={image_shape}. Name fewer widths."
        )
    image = keras.Input(image_shape, name="image")
    # The network's own input normalization, so that clients send plain pixels.
    x = keras.layers.BatchNormalization(momentum=0.9, scale=False, center=False, name="input_normalization")(image)
    x = keras.layers.Activation("relu")(_convolution(x, filters=widths[0], strides=1))
    for stage, filters in enumerate(widths):
        for block in range(blocks_per_stage):
            strides = 2 if stage > 0 and block == 0 else 1
            x = residual_block(x, filters=filters, strides=strides, se_ratio=se_ratio)
    x = keras.layers.GlobalAveragePooling2D(name="pooled")(x)
    x = keras.layers.Dropout(dropout)(x)
    logits = keras.layers.Dense(num_classes, name="logits")(x)
    return keras.Model({"image": image}, {"logits": logits}, name="resnet")
