"""The base of the losses."""

from collections.abc import Sequence
from typing import Any

import keras


class PerExample(keras.losses.Loss):
    """A loss that gives each example a value of its own, `[..., example]`.

    That is what the loop averages, and what label weights, padding and slices need. A subclass implements `call`, is
    registered with Keras, so that it survives serialization, and stands in `training.losses.registry` by its name.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name=name, reduction=None)

    def get_config(self) -> dict[str, Any]:
        """The arguments of `__init__`."""
        return {}


def check_positive(**values: float) -> None:
    """Raises ValueError for a value that is not above zero."""
    for name, value in values.items():
        if value <= 0:
            raise ValueError(f"{name} must be above 0. Received: {value}")


def check_shape(name: str, shape: Sequence[int | None], expected: Sequence[int | None]) -> None:
    """Raises ValueError for another shape than expected, which would broadcast; None is any size."""
    pairs = zip(shape, expected, strict=False)
    if len(shape) != len(expected) or any(a != b for a, b in pairs if a is not None and b is not None):
        raise ValueError(f"{name} must have the shape {list(expected)}. Received: {list(shape)}")
