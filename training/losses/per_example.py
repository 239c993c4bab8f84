"""The base of the losses."""

from collections.abc import Sequence

import keras


class PerExample(keras.losses.Loss):
    """A loss of `[example]` values: what the loop averages, and what label weights and slices can be told from."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name, reduction=None)

    def get_config(self) -> dict:
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
