"""The outer loop's objective: what the network's start is changed for."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from training.meta.learner import LEARNER
from training.meta.learner_options import LearnerOptions
from training.meta.losses import LOSSES, TaskLoss, query_losses
from training.meta.per_example import per_example
from training.meta.teaching import Teaching


class MetaObjective:
    """Loss and metrics of batches `(episodes, targets)`; see `training.meta.learner.Episodes`.

    Targets are `query_y`, `[task, query, output]` or, for classes, `[task, query]`; `query_weight` `[task, query]`, 0
    for padding; and, to pre-train on classes, `query_class` `[task, query]`, each query's place among all train
    classes. A batch's examples are its tasks. In training the learner's options say what is minimized; in evaluation it
    is always the loss of the queries after the inner steps.
    """

    def __init__(
        self,
        *,
        loss: TaskLoss,
        options: LearnerOptions,
        augment: Callable[[tf.Tensor], tf.Tensor] | None = None,
        layers: Sequence[keras.layers.Layer] = (),
        teaching: Teaching | None = None,
    ) -> None:
        """Args:
        loss: loss of the queries.
        options: the learner's options.
        augment: maps examples `[example, ...]`, of support and queries, to others, in training only.
        layers: layers whose variables `augment` uses.
        teaching: a teacher's share in what is learned from; metrics and evaluation are by the labels alone.
        """
        self.augment = augment
        self._loss = LOSSES[loss]()
        self._metric_name = f"query_{loss}"
        self._inner_steps = options.inner_steps
        self._outer_loss = options.build_outer_loss(loss=self._loss, teaching=teaching)
        self.layers: Sequence[keras.layers.Layer] = (*layers, *self._outer_loss.layers)

    def __call__(self, model: keras.Model, batch: Any, *, training: bool) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        episodes, targets = batch
        learner = model.get_layer(LEARNER)
        if not training:
            predictions = learner.predictions(episodes, steps=[self._inner_steps])
            losses = query_losses(self._loss, predictions, targets)[:, 0]
            return losses, {self._metric_name: losses}
        if self.augment is not None:
            changed = {name: per_example(self.augment, episodes[name]) for name in ("support_x", "query_x")}
            episodes = {**episodes, **changed}
        learned, losses = self._outer_loss(learner, episodes, targets)
        return learned, {self._metric_name: losses}
