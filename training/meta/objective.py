"""The outer loop's objective: what the network's start is changed for."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from training.meta.class_fine_tuner import ClassFineTuner
from training.meta.gradient_learner import GradientLearner
from training.meta.losses import LOSSES, TaskLoss, mean_over
from training.meta.options import DifferentiatedOptions, FineTuningOptions, PrototypeOptions, ReptileOptions
from training.meta.per_example import per_example
from training.meta.step_weights import AnnealedSteps
from training.meta.teaching import Teaching

# Name of the layer that adapts, in a model that maps episodes to predictions.
LEARNER = "learner"


class MetaObjective:
    """Loss and metrics of `(episodes, targets)` batches; see GradientLearner for episodes.

    Targets: `query_y`, `[task, query, output]` or `[task, query]`, and `query_weight` `[task, query]`, 0 for padding;
    to pre-train on classes also `query_class` `[task, query]`, each one's place among all train classes.
    A batch's examples are its tasks. In evaluation the loss is the query loss after the inner steps, whatever the
    learner learns from.
    """

    def __init__(
        self,
        *,
        loss: TaskLoss,
        options: Any,
        augment: Callable[[tf.Tensor], tf.Tensor] | None = None,
        layers: Sequence[keras.layers.Layer] = (),
        teaching: Teaching | None = None,
    ) -> None:
        """Args:
        loss: of the queries.
        options: the learner's.
        augment: maps examples `[example, ...]`, of support and queries, to others, in training only.
        layers: whose variables `augment` uses.
        teaching: a teacher's share in what is learned from; metrics and evaluation are by the labels alone.
        """
        self.loss = LOSSES[loss]()
        self.name = loss
        self.options = options
        is_annealed = isinstance(options, DifferentiatedOptions) and options.step_losses == "annealed"
        self.annealed = AnnealedSteps(options.steps, options.anneal_steps) if is_annealed else None
        self.augment = augment
        self.teaching = teaching
        self.layers = (*layers, self.annealed) if self.annealed is not None else tuple(layers)

    def __call__(self, model: keras.Model, batch: Any, *, training: bool) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        episodes, targets = batch
        learner = model.get_layer(LEARNER)
        if training and self.augment is not None:
            changed = {name: per_example(self.augment, episodes[name]) for name in ("support_x", "query_x")}
            episodes = {**episodes, **changed}
        if isinstance(self.options, PrototypeOptions):
            predictions = learner(episodes, training=training)
            losses = self._losses(predictions, targets)
            learned = self._taught(losses, predictions, batch=(episodes, targets)) if training else losses
            return learned[:, 0], self._metrics(losses)
        if not training:
            losses = self._losses(learner.predictions(episodes, steps=[self.options.steps]), targets)
            return losses[:, -1], self._metrics(losses)
        if isinstance(learner, ClassFineTuner):
            return self._pretraining(learner, episodes, targets)
        if isinstance(self.options, ReptileOptions):
            return self._distance(learner, episodes, targets)
        weights, steps = self._step_weights()
        predictions = learner.predictions(episodes, steps=steps)
        losses = self._losses(predictions, targets)
        learned = self._taught(losses, predictions, batch=(episodes, targets))
        return tf.linalg.matvec(learned, weights), self._metrics(losses)

    def _step_weights(self) -> tuple[tf.Tensor, list[int]]:
        """What the query loss after each of the steps counts for, and the steps."""
        if isinstance(self.options, FineTuningOptions):
            return tf.ones([1], keras.config.floatx()), [0]
        last = self.options.steps
        if self.annealed is not None:
            return self.annealed.next_weights(), list(range(1, last + 1))
        if self.options.step_losses == "uniform":
            return tf.fill([last], tf.cast(1 / last, keras.config.floatx())), list(range(1, last + 1))
        return tf.ones([1], keras.config.floatx()), [last]

    def _losses(self, predictions: tf.Tensor, targets: Any) -> tf.Tensor:
        """Query losses `[task, step]`."""
        losses = self.loss(targets["query_y"][:, None], predictions)
        return mean_over(losses, tf.broadcast_to(targets["query_weight"][:, None], tf.shape(losses)))

    def _taught(self, losses: tf.Tensor, predictions: tf.Tensor, *, batch: Any) -> tf.Tensor:
        """What is learned from, `[task, step]`: the losses, of which a teacher may have a share."""
        if self.teaching is None:
            return losses
        episodes, targets = batch
        theirs, weights = self.teaching.answers(episodes), targets["query_weight"][:, None]
        return self.teaching.mixed(losses, theirs, predictions, weights)

    def _metrics(self, losses: tf.Tensor) -> dict[str, tf.Tensor]:
        """The query loss after the last of the steps of `losses`, `[task, step]`."""
        return {f"query_{self.name}": losses[:, -1]}

    def _pretraining(
        self, learner: ClassFineTuner, episodes: Any, targets: Any
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        examples, weights = episodes["query_x"], targets["query_weight"]
        logits = learner.pretrain(examples)
        losses = mean_over(self.loss(targets["query_class"], logits), weights)
        learned = losses
        if self.teaching is not None:
            learned = self.teaching.mixed(losses, self.teaching.class_answers(examples), logits, weights)
        return learned, self._metrics(losses[:, None])

    def _distance(
        self, learner: GradientLearner, episodes: Any, targets: Any
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Reptile: half the squared distance of the start from what each task made of it, whose gradient is the step
        of the paper's equation 2. A teacher's share is learned from as in first-order MAML: Reptile itself looks at no
        query."""
        adapted = learner.adapt(episodes)
        distances = [
            tf.reduce_sum(tf.square(start[None] - tf.stop_gradient(values)), axis=range(1, len(values.shape)))
            for start, values in zip(learner.start(), adapted, strict=True)
        ]
        predictions = learner.predict(adapted, episodes)[:, None]
        learned = self._taught(tf.add_n(distances)[:, None] / 2, predictions, batch=(episodes, targets))
        return learned[:, 0], self._metrics(self._losses(predictions, targets))
