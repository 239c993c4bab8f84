"""Losses of a student by what a teacher makes of the same examples."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from training.losses.per_example import PerExample, check_positive


@keras.saving.register_keras_serializable(package="slipway")
class Distillation(PerExample):
    """T^2 times the divergence of the student's softened probabilities from the teacher's.

    Source: Hinton et al., "Distilling the Knowledge in a Neural Network", 2015, section 2.
    """

    def __init__(self, *, temperature: float = 4.0) -> None:
        """Raises ValueError when `temperature`, which softens the probabilities, is not above zero."""
        super().__init__(name="distillation")
        check_positive(temperature=temperature)
        self.temperature = temperature

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """`y_true`: the teacher's logits; `y_pred`: the student's; both `[..., example, class]`."""
        teacher = ops.log_softmax(ops.cast(y_true, "float32") / self.temperature, axis=-1)
        student = ops.log_softmax(ops.cast(y_pred, "float32") / self.temperature, axis=-1)
        return self.temperature**2 * ops.sum(ops.exp(teacher) * (teacher - student), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {"temperature": self.temperature}


@keras.saving.register_keras_serializable(package="slipway")
class OutputDifference(PerExample):
    """The mean squared difference of all of the student's outputs from the teacher's."""

    def __init__(self) -> None:
        super().__init__(name="output_difference")

    def call(self, y_true: Mapping[str, Any], y_pred: Mapping[str, Any]) -> Any:
        """`y_true`: the teacher's outputs; `y_pred`: the student's; both `{name: [example, ...]}`."""
        squares = [(y_pred[name] - y_true[name]) ** 2 for name in sorted(y_pred)]
        flat = [ops.reshape(each, (ops.shape(each)[0], -1)) for each in squares]
        return ops.mean(ops.concatenate(flat, axis=1), axis=1)
