"""Residual blocks."""

from collections.abc import Callable
from typing import Literal

import keras

from models.layers.convolution import Style, convolve, convolve_separable, normalize
from models.layers.squeeze_excitation import squeeze_excite
from models.layers.stochastic_depth import drop_path

Block = Literal["basic", "bottleneck", "preactivation", "separable"]
SEPlacement = Literal["standard", "pre", "post", "identity"]

# A bottleneck's inner width is this share of its outer one (He et al., CVPR 2016, table 1).
BOTTLENECK = 4


def residual_block(
    x: keras.KerasTensor,
    style: Style | None = None,
    *,
    filters: int,
    block: Block = "basic",
    strides: int = 1,
    se_ratio: int | None = None,
    se_placement: SEPlacement = "standard",
    drop_rate: float = 0.0,
) -> keras.KerasTensor:
    """A branch of convolutions, added to a shortcut that is projected where the shapes differ.

    - basic: two 3x3 convolutions (He et al., "Deep Residual Learning", CVPR 2016, figure 5 left).
    - bottleneck: 1x1, 3x3, 1x1, the inner ones with a quarter of the channels (the same, figure 5 right); the 3x3 is
      the one with strides (Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 5.1).
    - preactivation: two 3x3 convolutions, each after its normalization and activation, nothing after the addition; a
      projection takes the activated input (He et al., "Identity Mappings", ECCV 2016, figure 1 b).
    - separable: basic, of separable convolutions (Chollet, "Xception", CVPR 2017).

    The last normalization starts at scale zero, so that the block starts as its shortcut; a preactivation block has
    none there.

    Args:
      x: `[batch, height, width, channel]`.
      style: style of all convolutions of the network.
      filters: channels of the output.
      block: one of the above.
      strides: strides of the branch and of the shortcut.
      se_ratio: channels are squeezed by this factor inside the gate; None leaves the gate out.
      se_placement: place of the gate: `standard` on the branch before the addition, `pre` before the branch, `post`
        after the addition, `identity` on the shortcut (Hu et al., "Squeeze-and-Excitation Networks", TPAMI 2020,
        figure 5).
      drop_rate: chance that the branch is dropped for an example, in training.

    Returns:
      `[batch, height / strides, width / strides, filters]`, rounded up.

    Raises:
      ValueError: a bottleneck's filters are no multiple of 4.
    """
    if block == "bottleneck" and filters % BOTTLENECK:
        raise ValueError(f"A bottleneck's filters must be a multiple of {BOTTLENECK}. Received: {filters}")
    style = style or Style()

    def gate(tensor: keras.KerasTensor, placement: SEPlacement) -> keras.KerasTensor:
        if se_ratio is None or placement != se_placement:
            return tensor
        return squeeze_excite(tensor, ratio=se_ratio)

    is_preactivated = block == "preactivation"
    shortcut = x
    if is_preactivated:
        x = style.activate(normalize(x, style))
    if strides != 1 or shortcut.shape[-1] != filters:
        shortcut = convolve(x if is_preactivated else shortcut, style, filters=filters, kernel_size=1, strides=strides)
        shortcut = shortcut if is_preactivated else normalize(shortcut, style)
    branch = _BRANCHES[block](gate(x, "pre"), style, filters, strides)
    branch = drop_path(gate(branch, "standard"), rate=drop_rate)
    total = keras.layers.Add()([branch, gate(shortcut, "identity")])
    return gate(total if is_preactivated else style.activate(total), "post")


def _basic(x: keras.KerasTensor, style: Style, filters: int, strides: int) -> keras.KerasTensor:
    x = style.activate(normalize(convolve(x, style, filters=filters, strides=strides), style))
    return normalize(convolve(x, style, filters=filters), style, starts_at_zero=True)


def _bottleneck(x: keras.KerasTensor, style: Style, filters: int, strides: int) -> keras.KerasTensor:
    inner = filters // BOTTLENECK
    x = style.activate(normalize(convolve(x, style, filters=inner, kernel_size=1), style))
    x = style.activate(normalize(convolve(x, style, filters=inner, strides=strides), style))
    return normalize(convolve(x, style, filters=filters, kernel_size=1), style, starts_at_zero=True)


def _preactivation(x: keras.KerasTensor, style: Style, filters: int, strides: int) -> keras.KerasTensor:
    x = style.activate(normalize(convolve(x, style, filters=filters, strides=strides), style))
    return convolve(x, style, filters=filters)


def _separable(x: keras.KerasTensor, style: Style, filters: int, strides: int) -> keras.KerasTensor:
    x = style.activate(normalize(convolve_separable(x, style, filters=filters, strides=strides), style))
    return normalize(convolve_separable(x, style, filters=filters), style, starts_at_zero=True)


_BRANCHES: dict[str, Callable[[keras.KerasTensor, Style, int, int], keras.KerasTensor]] = {
    "basic": _basic,
    "bottleneck": _bottleneck,
    "preactivation": _preactivation,
    "separable": _separable,
}
