"""Metrics as users write them: with Keras 3."""

from typing import Any

import keras
from keras import ops


class BalancedAccuracy(keras.metrics.Metric):
    """The mean recall of the classes; TFMA has a class of this name, of two classes and a threshold."""

    def __init__(self, name: str, classes: int) -> None:
        super().__init__(name=name)
        self.seen = self.add_variable((classes,), "zeros", name="seen")
        self.found = self.add_variable((classes,), "zeros", name="found")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        labels = ops.one_hot(y_true[:, 0], self.seen.shape[0])
        weights = labels if sample_weight is None else labels * ops.expand_dims(sample_weight, 1)
        right = ops.cast(ops.argmax(y_pred, axis=-1) == ops.cast(y_true[:, 0], "int32"), "float32")
        self.seen.assign_add(ops.sum(weights, axis=0))
        self.found.assign_add(ops.sum(weights * right[:, None], axis=0))

    def result(self) -> Any:
        return ops.mean(self.found / self.seen)


class LargestError(keras.metrics.Metric):
    """A state that does not add up, and no way to be told of weights."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)
        self.largest = self.add_variable((), "zeros", name="largest")

    def update_state(self, y_true: Any, y_pred: Any) -> None:
        error = ops.abs(ops.cast(y_true, "float32") - y_pred)
        self.largest.assign(ops.maximum(self.largest, ops.max(error)))

    def result(self) -> Any:
        return self.largest


class EachError(LargestError):
    """No number."""

    def result(self) -> Any:
        return ops.full((2,), self.largest.value)


class Broken(LargestError):
    """Fails when it is told of examples."""

    def update_state(self, y_true: Any, y_pred: Any) -> None:
        raise KeyError("no such column")
