"""The training loop: an outer controller over epochs and an inner step inside `tf.function`.

loop = Loop(model=model, objective=objective, optimizer=keras.optimizers.AdamW(1e-3))
for record in loop.epochs(train=batches.repeat(), evaluation=held_out, epochs=10, steps_per_epoch=100):
    print(record.epoch, record.train["loss"], record.evaluation["loss"])
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import keras
import tensorflow as tf

from training.early_stopping import EarlyStopping
from training.objective import Objective


class DivergedError(RuntimeError):
    """The loss is no longer a number."""

    title = "Training diverged"
    exit_code = 1


@dataclass(frozen=True, kw_only=True)
class EpochRecord:
    """What one epoch came to. Losses are without regularization terms and metrics are means over examples."""

    epoch: int
    step: int
    train: dict[str, float]
    evaluation: dict[str, float]
    learning_rate: float
    examples_per_sec: float
    is_best: bool


class Loop:
    """Trains a Keras 3 model with a GradientTape step, several steps inside each graph call."""

    def __init__(
        self,
        *,
        model: keras.Model,
        objective: Objective,
        optimizer: keras.optimizers.Optimizer,
        steps_per_execution: int = 16,
        early_stopping: EarlyStopping | None = None,
        on_steps: Callable[[int], None] = lambda step: None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Args:
        model: built; its variables are trained in place.
        objective: what a step minimizes and reports.
        optimizer: gets built on the model's trainable variables.
        steps_per_execution: steps inside one graph call; an epoch's last call does what remains.
        early_stopping: ends training and restores the best weights; None trains all epochs and keeps the last.
        on_steps: is told the number of steps taken, after each graph call.
        clock: seconds, monotonic.

        Raises:
          ValueError: `steps_per_execution` is below one.
        """
        if steps_per_execution < 1:
            raise ValueError(f"steps_per_execution must be at least 1. Received: {steps_per_execution}")
        self.model = model
        self.objective = objective
        self.optimizer = optimizer
        self.steps_per_execution = steps_per_execution
        self.early_stopping = early_stopping
        self._on_steps = on_steps
        self._clock = clock
        optimizer.build(model.trainable_variables)
        self._means: dict[str, keras.metrics.Mean] = {}
        self._train_steps = tf.function(self._train_steps_in_graph, reduce_retracing=True)
        self._evaluation_step = tf.function(self._record, reduce_retracing=True)

    def epochs(
        self, *, train: tf.data.Dataset, evaluation: tf.data.Dataset, epochs: int, steps_per_epoch: int
    ) -> Iterator[EpochRecord]:
        """Trains, yielding a record after each epoch; leave off iterating to stop.

        Args:
          train: batches without end.
          evaluation: batches of the held-out split, with an end.
          epochs: how many at the most.
          steps_per_epoch: train batches in an epoch.

        Raises:
          DivergedError: a loss is NaN or infinite.
        """
        batches = iter(train)
        for epoch in range(1, epochs + 1):
            train_means, examples_per_sec = self._train_epoch(batches, steps_per_epoch, epoch)
            evaluation_means = self.evaluate(evaluation)
            monitored = evaluation_means["loss"]
            is_best = self.early_stopping is not None and self.early_stopping.update(monitored, self.model)
            yield EpochRecord(
                epoch=epoch,
                step=epoch * steps_per_epoch,
                train=train_means,
                evaluation=evaluation_means,
                learning_rate=float(self.optimizer.learning_rate),
                examples_per_sec=examples_per_sec,
                is_best=is_best,
            )
            if self.early_stopping is not None and self.early_stopping.should_stop:
                break
        if self.early_stopping is not None:
            self.early_stopping.restore(self.model)

    def evaluate(self, batches: tf.data.Dataset) -> dict[str, float]:
        """The mean over examples of the loss and of each metric."""
        for batch in batches:
            self._evaluation_step(batch, training=False)
        return self._take_means()

    def _train_epoch(self, batches: Iterator, steps: int, epoch: int) -> tuple[dict[str, float], float]:
        start_secs = self._clock()
        for first in range(0, steps, self.steps_per_execution):
            count = min(self.steps_per_execution, steps - first)
            self._train_steps(batches, tf.constant(count))
            self._on_steps((epoch - 1) * steps + first + count)
        num_examples = float(self._means["loss"].count)
        means = self._take_means()
        if not math.isfinite(means["loss"]):
            raise DivergedError(
                f"The training loss must stay a finite number. Received: {means['loss']} in epoch {epoch}. "
                f"Lower train.learning_rate or raise train.warmup_epochs."
            )
        return means, num_examples / max(self._clock() - start_secs, 1e-9)

    def _train_steps_in_graph(self, batches: Iterator, count: tf.Tensor) -> None:
        for _ in tf.range(count):
            variables = self.model.trainable_variables
            with tf.GradientTape() as tape:
                losses = self._record(next(batches), training=True)
                total = tf.reduce_mean(losses) + (tf.add_n(self.model.losses) if self.model.losses else 0.0)
            self.optimizer.apply_gradients(zip(tape.gradient(total, variables), variables, strict=True))

    def _record(self, batch: object, training: bool) -> tf.Tensor:
        losses, metrics = self.objective(self.model, batch, training=training)
        for name, values in {"loss": losses, **metrics}.items():
            # Made while tracing, once; lifted out so that the variables outlive the trace.
            if name not in self._means:
                with tf.init_scope():
                    self._means[name] = keras.metrics.Mean(name=name)
            self._means[name].update_state(values)
        return losses

    def _take_means(self) -> dict[str, float]:
        means = {name: float(mean.result()) for name, mean in self._means.items()}
        for mean in self._means.values():
            mean.reset_state()
        return means
