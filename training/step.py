"""The inner step on all devices, several steps inside one graph call."""

from collections.abc import Iterable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from training.metric_sums import MetricSums, means
from training.objective import Objective
from training.options import StepOptions
from training.replica_step import ReplicaStep
from training.weight_average import WeightAverage


class TrainStep:
    """Computes steps and what they come to. All that changes from step to step is in `variables`.

    Attributes:
      step: optimizer steps done.
      rate_scale: what guards multiply the schedule's learning rate by.
      average: the weights' moving average, or None.
      wants_gradients: whether the next graph call is to be a single step whose gradients are told.
    """

    def __init__(
        self,
        *,
        model: keras.Model,
        objective: Objective,
        optimizer: keras.optimizers.Optimizer,
        schedule: keras.optimizers.schedules.LearningRateSchedule,
        strategy: tf.distribute.Strategy,
        options: StepOptions,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.schedule = schedule
        self.strategy = strategy
        self.options = options
        self.wants_gradients = False
        with strategy.scope():
            self._sums = MetricSums()
            self._replica = ReplicaStep(
                model=model,
                objective=objective,
                optimizer=optimizer,
                options=options,
                replicas=strategy.num_replicas_in_sync,
                sums=self._sums,
            )
            optimizer.build(self.trainable_variables())
            self.step = tf.Variable(0, dtype=tf.int64, trainable=False, name="step")
            self.rate_scale = tf.Variable(1.0, trainable=False, name="rate_scale")
            self.average = WeightAverage(model.variables, decay=options.ema) if options.ema else None
        # Hands steps to the workers of a parameter-server strategy, which no other strategy needs.
        self._coordinator = None
        if isinstance(strategy, tf.distribute.ParameterServerStrategy):
            self._coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)
        self.retrace()

    def variables(self) -> dict[str, list[keras.Variable | tf.Variable]]:
        """All that a step reads and changes, by owner."""
        return {
            "model": list(self.model.variables),
            "optimizer": list(self.optimizer.variables),
            "objective": [variable for layer in self._replica.layers for variable in layer.variables],
            "average": list(self.average.variables) if self.average else [],
            "step": [self.step, self.rate_scale, tf.random.get_global_generator().state],
        }

    def trainable_variables(self) -> list[keras.Variable]:
        """The trainable variables of the model and of what the objective owns, as `train_one` orders gradients."""
        return self._replica.trainable_variables()

    def retrace(self) -> None:
        """Makes the graphs anew at their next call; needed after `trainable` of a layer was changed."""
        train = self._replica.train
        self._compute = tf.function(train, jit_compile=True) if self.options.jit_compile else train
        self._train = tf.function(self._steps, reduce_retracing=True)
        self._train_one = tf.function(self._one_step, reduce_retracing=True)
        self._evaluate = tf.function(self._evaluation_steps, reduce_retracing=True)

    def train(self, batches: Iterator, count: int) -> float:
        """Takes `count` steps; returns the seconds for which they waited for batches."""
        if self._coordinator is None:
            return float(self._train(batches, tf.constant(count)))
        # One by one, so that each goes to whichever worker is free.
        one = tf.constant(1)
        waited = [self._coordinator.schedule(self._train, args=(batches, one)) for _ in range(count)]
        self._coordinator.join()
        return sum(float(secs.fetch()) for secs in waited)

    def train_one(self, batches: Iterator) -> list[np.ndarray | None]:
        """Takes one step; returns the gradients of the mean loss over the global batch by each trainable variable, as
        they were before centralization and clipping."""
        if self._coordinator is None:
            gradients = self._train_one(batches)
        else:
            gradients = self._coordinator.schedule(self._train_one, args=(batches,)).fetch()
        return [None if gradient is None else np.asarray(gradient) for gradient in gradients]

    def feed(self, batches: tf.data.Dataset) -> Iterable[Any]:
        """The train batches as the strategy wants them: split over the devices, or all of them for every worker."""
        if self._coordinator is not None:
            return self._coordinator.create_per_worker_dataset(batches)
        return self._split(batches)

    def evaluate(self, batches: tf.data.Dataset) -> dict[str, float]:
        """The mean over all examples of the loss and of each metric, without training."""
        # An iterator: a dataset would be optimized anew in every call.
        self._evaluate(iter(self._split(batches)))
        return means(self.take_sums())

    def take_sums(self) -> dict[str, float]:
        """Sums over the examples of all steps since the last call, as `training.metric_sums.means` takes them."""
        return self._sums.take()

    @property
    def learning_rate(self) -> float:
        """The rate of the last step."""
        return float(tf.convert_to_tensor(self.optimizer.learning_rate))

    def cut_learning_rate(self, factor: float, *, scale: float | None = None) -> None:
        """Multiplies the rates to come by `factor` times `scale`, which is the present `rate_scale` where it is
        None."""
        present = float(tf.convert_to_tensor(self.rate_scale)) if scale is None else scale
        self.rate_scale.assign(present * factor)

    def _split(self, batches: tf.data.Dataset) -> Iterable[Any]:
        """Each batch split over the devices, so that no worker is given an example twice."""
        if self.strategy.num_replicas_in_sync == 1:
            return batches
        # By example: by file, which there may be fewer of than workers, the batches would not be those of one device.
        options = tf.data.Options()
        options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
        return self.strategy.experimental_distribute_dataset(batches.with_options(options))

    def _steps(self, batches: Iterator, count: tf.Tensor) -> tf.Tensor:
        waited = tf.constant(0.0, tf.float64)
        for _ in tf.range(count):
            asked = tf.timestamp()
            with tf.control_dependencies([asked]):
                batch = next(batches)
            with tf.control_dependencies(tf.nest.flatten(batch, expand_composites=True)):
                waited += tf.timestamp() - asked
            self._apply_step(batch)
        return waited

    def _one_step(self, batches: Iterator) -> list[tf.Tensor | None]:
        # Here and not in every step: nobody asks for the sum over replicas in the others.
        return [
            None if gradient is None else self.strategy.reduce(tf.distribute.ReduceOp.SUM, gradient, axis=None)
            for gradient in self._apply_step(next(batches))
        ]

    def _apply_step(self, batch: Any) -> list[Any]:
        """Takes a step; returns each replica's share of the gradients."""
        # Set once a step: a schedule inside the optimizer would be computed anew for every variable that decays.
        self.optimizer.learning_rate.assign(self.schedule(self.step) * self.rate_scale)
        gradients = self.strategy.run(self._compute, args=(batch,))
        self.step.assign_add(1)
        if self.average is not None:
            self.average.update(self.step)
        return gradients

    def _evaluation_steps(self, batches: Iterator) -> None:
        for batch in batches:
            self.strategy.run(self._replica.evaluate, args=(batch,))
