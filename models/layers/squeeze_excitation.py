"""Squeeze-and-excitation gates."""

from typing import Literal

import keras


def squeeze_excite(
    x: keras.KerasTensor,
    *,
    ratio: int | None = None,
    hidden: int | None = None,
    activation: str = "relu",
    gate: Literal["sigmoid", "hard_sigmoid"] = "sigmoid",
) -> keras.KerasTensor:
    """Scales each channel by a gate in [0, 1] that is computed from all channels' spatial means.

    Source: Hu et al., "Squeeze-and-Excitation Networks", CVPR 2018, equations 2 to 4; the hard gate: Howard et al.,
    "Searching for MobileNetV3", ICCV 2019, section 5.3.

    Args:
      x: `[batch, height, width, channel]`.
      ratio: the hidden layer has `channel // ratio` units, one at least.
      hidden: how many it has, where no ratio says so.
      activation: activation of the hidden layer.
      gate: what makes a gate of its output.

    Returns:
      `[batch, height, width, channel]`.

    Raises:
      ValueError: not one of ratio and hidden is given.
    """
    if (ratio is None) == (hidden is None):
        raise ValueError(f"Give ratio or hidden. Received: ratio={ratio}, hidden={hidden}")
    channels = x.shape[-1]
    units = hidden if ratio is None else max(1, channels // ratio)
    means = keras.layers.GlobalAveragePooling2D(keepdims=True)(x)
    # 1x1 convolutions rather than Dense: the gate stays four-dimensional, which XNNPACK takes without a reshape.
    means = keras.layers.Conv2D(units, 1, activation=activation, kernel_initializer="he_normal")(means)
    gates = keras.layers.Conv2D(channels, 1, activation=gate)(means)
    return keras.layers.Multiply()([x, gates])
