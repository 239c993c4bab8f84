"""One replica's share of a training step, inside a graph: gradients of an objective, and their application."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from training.gradients import centralize, clip, constrain
from training.metric_sums import MetricSums
from training.objective import Objective
from training.options import StepOptions


class ReplicaStep:
    """What one of `replicas` devices computes of a step.

    Attributes:
      layers: layers that the objective owns beside the model.
    """

    def __init__(
        self,
        *,
        model: keras.Model,
        objective: Objective,
        optimizer: keras.optimizers.Optimizer,
        options: StepOptions,
        replicas: int,
        sums: MetricSums,
    ) -> None:
        """Args:
        model: what is trained.
        objective: what is minimized.
        optimizer: built on `trainable_variables()`.
        options: how gradients are computed and changed.
        replicas: devices that share a batch.
        sums: where losses and metrics are added up.
        """
        self._model = model
        self._objective = objective
        self._optimizer = optimizer
        self._options = options
        self._replicas = replicas
        self._sums = sums
        self.layers = list(getattr(objective, "layers", ()))

    def trainable_variables(self) -> list[keras.Variable]:
        """The trainable variables of the model and of what the objective owns."""
        own = [variable for layer in self.layers for variable in layer.trainable_variables]
        return [*self._model.trainable_variables, *own]

    def train(self, batch: Any) -> list[tf.Tensor | None]:
        """Changes the weights; returns this replica's share of the gradients, before centralization and clipping."""
        variables, replicas = self.trainable_variables(), self._replicas
        gradients = self._gradients(batch, variables)
        loss_scale = self._loss_scale()
        # Before the optimizer may change the scale.
        share = [None if gradient is None else gradient / loss_scale for gradient in gradients]
        if self._options.centralize:
            gradients = centralize(gradients)
        if self._options.clip_norm is not None:
            if replicas > 1:
                # The norm is that of the sum over replicas, which the optimizer takes once more: hence the division.
                present = [gradient for gradient in gradients if gradient is not None]
                summed = iter(tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, present))
                gradients = [None if gradient is None else next(summed) for gradient in gradients]
            gradients = clip(gradients, self._options.clip_norm * loss_scale)
            gradients = [None if gradient is None else gradient / replicas for gradient in gradients]
        gradients = constrain(gradients, variables)
        pairs = [(g, v) for g, v in zip(gradients, variables, strict=True) if g is not None]
        self._optimizer.apply([gradient for gradient, _ in pairs], [variable for _, variable in pairs])
        return share

    def evaluate(self, batch: Any) -> None:
        """Adds losses and metrics to the sums, without training."""
        self._record(batch, training=False)

    def _gradients(self, batch: Any, variables: Sequence[keras.Variable]) -> list[tf.Tensor | None]:
        """This replica's share of the gradients of the mean loss over the global batch; with loss scaling, scaled."""
        parts = self._options.accumulate
        if parts == 1:
            return self._gradients_of_part(batch, variables)
        sizes = [tensor.shape[0] for tensor in tf.nest.flatten(batch)]
        if any(size is not None and size % parts for size in sizes):
            raise ValueError(
                f"With step.accumulate={parts}, each device's batch must divide into as many parts. "
                f"Received: batches of {sizes[0]}. Choose another batch_size."
            )
        totals = [tf.zeros_like(variable.value) for variable in variables]
        for index in tf.range(parts):
            part = tf.nest.map_structure(
                lambda tensor, index=index: tf.reshape(tensor, [parts, -1, *tensor.shape[1:]])[index], batch
            )
            gradients = self._gradients_of_part(part, variables)
            totals = [
                total if gradient is None else total + tf.cast(gradient, total.dtype) / parts
                for total, gradient in zip(totals, gradients, strict=True)
            ]
        return totals

    def _gradients_of_part(self, batch: Any, variables: Sequence[keras.Variable]) -> list[tf.Tensor | None]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([variable.value for variable in variables])
            losses = self._record(batch, training=True)
            regularization = tf.add_n(self._model.losses) if self._model.losses else 0.0
            total = (tf.reduce_mean(losses) + regularization) / self._replicas
            if isinstance(self._optimizer, keras.optimizers.LossScaleOptimizer):
                total = self._optimizer.scale_loss(total)
        gradients = tape.gradient(total, [variable.value for variable in variables])
        # An embedding's has the rows that were looked up alone, which is nothing to calculate with.
        return [None if gradient is None else tf.convert_to_tensor(gradient) for gradient in gradients]

    def _loss_scale(self) -> tf.Tensor | float:
        is_scaled = isinstance(self._optimizer, keras.optimizers.LossScaleOptimizer)
        return tf.convert_to_tensor(self._optimizer.dynamic_scale) if is_scaled else 1.0

    def _record(self, batch: Any, training: bool) -> tf.Tensor:
        losses, metrics = self._objective(self._model, batch, training=training)
        self._sums.add(losses, metrics)
        return losses
