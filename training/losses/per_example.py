"""The base of the losses."""

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
