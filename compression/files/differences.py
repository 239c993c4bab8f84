"""How far a converted model's outputs are from those of the model that it was made of."""

import numpy as np

# What float32 may round off in a network, as a share of an output's largest value: 32 units in the last place.
ROUNDING = 32 * 2.0**-23


def max_difference(received: np.ndarray | None, expected: np.ndarray) -> float:
    """The largest absolute difference beyond rounding; the share of unequal values where they are no floats; infinite
    for a missing or misshapen output, or one with NaN.

    What is rounded off follows from the largest value that is expected at a place over the batch, so that a channel in
    millions excuses nothing in the channel beside it.

    Args:
      received: `[batch, ...]`.
      expected: the same.
    """
    if received is None or received.shape != expected.shape:
        return float("inf")
    if not np.issubdtype(expected.dtype, np.floating):
        return float(np.mean(received != expected))
    rounded_off = ROUNDING * np.max(np.abs(expected), axis=0, keepdims=True, initial=0.0)
    difference = float(np.max(np.abs(received - expected) - rounded_off, initial=0.0))
    return difference if np.isfinite(difference) else float("inf")


def relative_difference(received: np.ndarray | None, expected: np.ndarray) -> float:
    """The mean absolute difference over the expected values' standard deviation; infinite as `max_difference` says."""
    if not np.isfinite(max_difference(received, expected)):
        return float("inf")
    return float(np.mean(np.abs(received - expected)) / max(float(np.std(expected)), 1e-12))
