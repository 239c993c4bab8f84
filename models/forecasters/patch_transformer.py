"""A transformer encoder over patches of a series.

Source: Nie et al., "A Time Series is Worth 64 Words: Long-term Forecasting with Transformers", ICLR 2023 (PatchTST).
"""

import keras
from keras import ops

from models.forecasters.forecaster import ForecastShape, Normalization, Seen, by_channel, forecaster, from_channels
from models.forecasters.rows import check_patch
from models.forecasters.transformer_blocks import Block, BlockStyle, positions


def patch_transformer(
    shape: ForecastShape,
    *,
    style: BlockStyle,
    patch: int = 16,
    stride: int = 8,
    dim: int = 16,
    depth: int = 3,
    is_channel_independent: bool = True,
    head_dropout: float = 0.0,
    has_linear_path: bool = False,
    normalization: Normalization = "instance",
) -> keras.Model:
    """Patches as tokens, an encoder, and one linear layer from all tokens to the horizon.

    Args:
      shape: sizes of the problem.
      style: style of the blocks.
      patch: rows of a patch; 1 makes every row a token.
      stride: rows between two patches.
      dim: size of a token.
      depth: number of blocks.
      is_channel_independent: whether each channel is a series of its own, the weights shared (section 3.1); else a
        patch holds all channels.
      head_dropout: rate before the last layer.
      has_linear_path: whether a matrix from the look-back to the horizon is added, so that the encoder learns what a
        linear forecast leaves.
      normalization: see `models.forecasters.forecaster.forecaster`.

    Raises:
      ValueError: the look-back is shorter than a patch.
    """
    check_patch(patch, lookback=shape.lookback)

    def network(seen: Seen) -> keras.KerasTensor:
        x = seen.history
        tokens = embed_patches(x, patch=patch, stride=stride, dim=dim, is_channel_independent=is_channel_independent)
        tokens = keras.layers.Dropout(style.dropout)(positions(style, name="positions")(tokens))
        for number in range(depth):
            tokens = Block(style, name=f"encoder_{number}")(tokens)
        tokens = keras.layers.LayerNormalization(epsilon=1e-6, name="memory")(tokens)
        flat = ops.reshape(tokens, (-1, tokens.shape[1] * dim))
        outputs = shape.horizon * shape.quantiles * (1 if is_channel_independent else shape.channels)
        y = keras.layers.Dense(outputs, name="head")(keras.layers.Dropout(head_dropout)(flat))
        if is_channel_independent:
            y = from_channels(y, shape)
        else:
            y = ops.reshape(y, (-1, shape.horizon, shape.channels, shape.quantiles))
        if has_linear_path:
            linear = keras.layers.Dense(shape.horizon * shape.quantiles, name="linear_path")(by_channel(x))
            y = y + from_channels(linear, shape)
        return y

    return forecaster(shape, network, normalization=normalization, name="patch_transformer")


def embed_patches(
    x: keras.KerasTensor, *, patch: int, stride: int, dim: int, is_channel_independent: bool
) -> keras.KerasTensor:
    """`[batch, time, channel]` to tokens `[batch, token, dim]`, or `[batch · channel, token, dim]`; the last patch ends
    where the series does."""
    surplus = (x.shape[1] - patch) % stride
    series = ops.expand_dims(by_channel(x), -1) if is_channel_independent else x
    return keras.layers.Conv1D(dim, patch, strides=stride, name="patches")(series[:, surplus:])
