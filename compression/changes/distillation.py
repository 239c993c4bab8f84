"""Training a smaller model by what a larger one makes of the same examples."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import tensorflow as tf

from training.objective import Objective

Outputs = Mapping[str, tf.Tensor]
# (the teacher's outputs, the student's) to `[example]`, such as a loss.
DistillationLoss = Callable[[Outputs, Outputs], tf.Tensor]


class DistillationObjective:
    """An objective of which a share is to agree with a teacher, who sees each batch as the student does.

    A student may take more than the teacher does, such as the future that teaches it to forecast; the teacher then
    answers as it answers a client.
    Source: Hinton et al., "Distilling the Knowledge in a Neural Network", 2015, section 2.
    """

    def __init__(self, objective: Objective, *, teacher: keras.Model, loss: DistillationLoss, weight: float) -> None:
        """Args:
        objective: of the student by itself, whose model it calls; what it reports stays.
        teacher: trained, of named inputs; it is not changed.
        loss: how far the student is from the teacher.
        weight: share of `loss` in training; evaluation is by `objective` alone.
        """
        self.objective = objective
        self.layers = objective.layers
        self._teacher = teacher
        self._loss = loss
        self._weight = weight

    def __call__(self, model: keras.Model, batch: Any, *, training: bool) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """See `Objective`. Raises ValueError where the objective did not call its model."""
        if not training:
            return self.objective(model, batch, training=False)
        called = _Called(model)
        losses, metrics = self.objective(called, batch, training=True)
        if called.inputs is None:
            raise ValueError(
                f"An objective must call the model that it is given, so that a teacher can answer the same. Received: "
                f"{type(self.objective).__name__}, which did not. Override the task's distillation_objective."
            )
        seen = {tensor.name: called.inputs[tensor.name] for tensor in self._teacher.inputs}
        taught = self._loss(self._teacher(seen, training=False), called.outputs)
        return (1 - self._weight) * losses + self._weight * tf.cast(taught, losses.dtype), metrics


class _Called:
    """A model that remembers what it was called with: augmentation happens inside the objective."""

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self.inputs: Any = None
        self.outputs: Any = None

    def __call__(self, inputs: Any, *, training: bool) -> Any:
        self.inputs = inputs
        self.outputs = self._model(inputs, training=training)
        return self.outputs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)
