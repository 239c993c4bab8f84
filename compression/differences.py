"""How far a converted model's outputs are from those of the model that it was made of."""

import numpy as np

# Largest mean difference of an output from the source's, as a share of that output's standard deviation: several times
# what rounding to the precision costs, far below what a wrong file gives (about 1).
MAX_RELATIVE_DIFFERENCE = {
    "float32": 1e-4,
    "float16": 0.01,
    "dynamic": 0.1,
    "int8": 0.25,
    "int16x8": 0.1,
    "int4": 0.5,
}


def max_difference(received: np.ndarray | None, expected: np.ndarray) -> float:
    """The largest absolute difference, over the largest absolute value that is expected where that is above 1: a series
    in millions is rounded to tenths. The share of unequal values where they are no floats; infinite for a missing or
    misshapen output, or one with values that are no numbers."""
    if received is None or received.shape != expected.shape:
        return float("inf")
    if not np.issubdtype(expected.dtype, np.floating):
        return float(np.mean(received != expected))
    difference = float(np.max(np.abs(received - expected), initial=0.0))
    return difference / float(np.max(np.abs(expected), initial=1.0)) if np.isfinite(difference) else float("inf")


def relative_difference(received: np.ndarray | None, expected: np.ndarray) -> float:
    """The mean absolute difference over the expected values' standard deviation; infinite as `max_difference` says."""
    if not np.isfinite(max_difference(received, expected)):
        return float("inf")
    return float(np.mean(np.abs(received - expected)) / max(float(np.std(expected)), 1e-12))
