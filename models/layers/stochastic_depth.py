"""Stochastic depth."""

import keras


def drop_path(x: keras.KerasTensor, *, rate: float) -> keras.KerasTensor:
    """Drops a residual branch for whole examples, in training; those kept are scaled up by 1 / (1 - rate).

    Source: Huang et al., "Deep Networks with Stochastic Depth", ECCV 2016, section 3; scaled in training rather than in
    inference, as dropout is today.

    Args:
      x: `[batch, ...]`, a branch before its addition.
      rate: chance of an example to be dropped; 0 adds no layer.
    """
    if not rate:
        return x
    return keras.layers.Dropout(rate, noise_shape=(None, *[1] * (len(x.shape) - 1)))(x)


def drop_rates(rate: float, blocks: int) -> list[float]:
    """The rate of each block, rising linearly from zero to `rate` (Huang et al., equation 4; the first never drops)."""
    return [rate * block / max(1, blocks - 1) for block in range(blocks)]
