"""NaN and infinity in a client's inputs are refused inside the graph."""

from collections.abc import Mapping

import tensorflow as tf


def require_finite(inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """The inputs by name. Raises InvalidArgumentError where a floating-point one holds NaN or infinity."""
    rule = "must hold finite numbers. Received: NaN or infinity"
    return {
        name: tf.debugging.check_numerics(value, f"{name} {rule}") if value.dtype.is_floating else value
        for name, value in inputs.items()
    }
