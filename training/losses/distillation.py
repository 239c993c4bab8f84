"""Learning from a teacher's logits."""

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
        """Raises ValueError when `temperature` is not above zero."""
        super().__init__(name="distillation")
        check_positive(temperature=temperature)
        self.temperature = temperature

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """`y_true`: the teacher's logits; `y_pred`: the student's; both `[batch, class]`."""
        teacher = ops.log_softmax(ops.cast(y_true, "float32") / self.temperature, axis=-1)
        student = ops.log_softmax(ops.cast(y_pred, "float32") / self.temperature, axis=-1)
        return self.temperature**2 * ops.sum(ops.exp(teacher) * (teacher - student), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {"temperature": self.temperature}
