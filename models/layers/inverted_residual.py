"""Inverted residual blocks: thin outside, wide inside."""

from dataclasses import dataclass
from typing import Literal

import keras

from models.layers.convolution import Style, convolve, convolve_depthwise, normalize
from models.layers.squeeze_excitation import squeeze_excite
from models.layers.stochastic_depth import drop_path


@dataclass(frozen=True)
class Gate:
    """A squeeze-and-excitation gate on the expanded channels.

    Attributes:
      hidden: units of its hidden layer.
      activation: activation of the hidden layer.
      gate: what makes a gate of its output.
    """

    hidden: int
    activation: str
    gate: Literal["sigmoid", "hard_sigmoid"]


def inverted_residual(
    x: keras.KerasTensor,
    style: Style,
    *,
    filters: int,
    expanded: int,
    kernel_size: int = 3,
    strides: int = 1,
    gate: Gate | None = None,
    drop_rate: float = 0.0,
) -> keras.KerasTensor:
    """Expands the channels, convolves each by itself, and projects them, without an activation after that.

    Source: Sandler et al., "MobileNetV2", CVPR 2018, figure 4; the gate: Howard et al., "Searching for MobileNetV3",
    ICCV 2019, figure 4.

    Args:
      x: `[batch, height, width, channel]`.
      style: style of all convolutions of the network.
      filters: channels of the output.
      expanded: channels inside; as many as come in leave out the expansion.
      kernel_size: rows and columns of the depthwise kernel.
      strides: strides of the depthwise convolution.
      gate: None leaves it out.
      drop_rate: chance that the branch is dropped for an example, in training, where there is a shortcut.

    Returns:
      `[batch, height / strides, width / strides, filters]`, rounded up; with the input added where shapes agree.
    """
    shortcut = x
    if expanded != x.shape[-1]:
        x = style.activate(normalize(convolve(x, style, filters=expanded, kernel_size=1), style))
    x = convolve_depthwise(x, style, kernel_size=kernel_size, strides=strides)
    x = style.activate(normalize(x, style))
    if gate is not None:
        x = squeeze_excite(x, hidden=gate.hidden, activation=gate.activation, gate=gate.gate)
    x = normalize(convolve(x, style, filters=filters, kernel_size=1), style)
    if strides != 1 or shortcut.shape[-1] != filters:
        return x
    return keras.layers.Add()([drop_path(x, rate=drop_rate), shortcut])


def round_channels(channels: float, divisor: int = 8) -> int:
    """The multiple of `divisor` next to `channels`, never below 90 % of it: what the MobileNets' authors' code does."""
    nearest = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return nearest + divisor if nearest < 0.9 * channels else nearest
