"""Squeeze-and-excitation gates."""

import keras


def squeeze_excite(x: keras.KerasTensor, *, ratio: int) -> keras.KerasTensor:
    """Scales each channel by a gate in (0, 1) that is computed from all channels' spatial means.

    Source: Hu et al., "Squeeze-and-Excitation Networks", CVPR 2018, equations 2 to 4.

    Args:
      x: `[batch, height, width, channel]`.
      ratio: the hidden layer has `channel // ratio` units, one at least.

    Returns:
      `[batch, height, width, channel]`.
    """
    channels = x.shape[-1]
    gate = keras.layers.GlobalAveragePooling2D(keepdims=True)(x)
    # 1x1 convolutions rather than Dense: the gate stays four-dimensional, which XNNPACK takes without a reshape.
    gate = keras.layers.Conv2D(max(1, channels // ratio), 1, activation="relu", kernel_initializer="he_normal")(gate)
    gate = keras.layers.Conv2D(channels, 1, activation="sigmoid")(gate)
    return keras.layers.Multiply()([x, gate])
