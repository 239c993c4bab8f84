"""The inner step: gradients of an objective and their application, several steps inside one graph call."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from training.gradients import centralized, clipped, constrained
from training.metric_sums import sums_of
from training.objective import Objective
from training.options import StepOptions
from training.weight_average import WeightAverage

# Of the vector that sums are kept in, which exists before an objective tells how many it reports.
COLUMNS = 32


class TrainStep:
    """Computes steps and what they come to. All that changes from step to step is in `variables`.

    Attributes:
      step: optimizer steps done.
      rate_scale: what guards multiply the schedule's learning rate by.
      average: the weights' moving average, or None.
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
        self.objective = objective
        self.optimizer = optimizer
        self.schedule = schedule
        self.strategy = strategy
        self.options = options
        self._layers = list(getattr(objective, "layers", ()))
        with strategy.scope():
            optimizer.build(self.trainable_variables())
            self.step = tf.Variable(0, dtype=tf.int64, trainable=False, name="step")
            self.rate_scale = tf.Variable(1.0, trainable=False, name="rate_scale")
            self.average = WeightAverage(model.variables, decay=options.ema) if options.ema else None
            self._sums = tf.Variable(
                tf.zeros(COLUMNS),
                trainable=False,
                synchronization=tf.VariableSynchronization.ON_READ,
                aggregation=tf.VariableAggregation.SUM,
            )
        self._take_sums = tf.function(self._take_sums_in_graph)
        self._names: list[str] = []
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
            "objective": [variable for layer in self._layers for variable in layer.variables],
            "average": list(self.average.variables) if self.average else [],
            "step": [self.step, self.rate_scale, tf.random.get_global_generator().state],
        }

    def retrace(self) -> None:
        """Makes the graphs anew at their next call; needed after `trainable` of a layer was changed."""
        compute = tf.function(self._replica_step, jit_compile=True) if self.options.jit_compile else self._replica_step
        self._compute = compute
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
        return self.feed_evaluation(batches)

    def feed_evaluation(self, batches: tf.data.Dataset) -> Iterable[Any]:
        """The same of evaluation batches, which no worker is given twice."""
        if self.strategy.num_replicas_in_sync == 1:
            return batches
        return self.strategy.experimental_distribute_dataset(batches)

    def evaluate(self, batches: tf.data.Dataset) -> None:
        """Adds all batches to the sums, without training."""
        # An iterator: a dataset would be optimized anew in every call.
        self._evaluate(iter(self.feed_evaluation(batches)))

    def take_sums(self) -> dict[str, float]:
        """Sums over examples of the loss and each metric since the last call, and how many `examples` there were: what
        `training.metric_sums.means` takes."""
        return dict(zip(self._names, self._take_sums().numpy().tolist(), strict=False))

    @property
    def learning_rate(self) -> float:
        """Of the last step."""
        return float(tf.convert_to_tensor(self.optimizer.learning_rate))

    def cut_learning_rate(self, factor: float, *, scale: float | None = None) -> None:
        """Multiplies the rates to come; `scale` says of what, where not of the present scale."""
        present = float(tf.convert_to_tensor(self.rate_scale)) if scale is None else scale
        self.rate_scale.assign(present * factor)

    def trainable_variables(self) -> list[keras.Variable]:
        """Of the model and of what the objective owns."""
        own = [variable for layer in self._layers for variable in layer.trainable_variables]
        return [*self.model.trainable_variables, *own]

    def _take_sums_in_graph(self) -> tf.Tensor:
        sums = tf.convert_to_tensor(self._sums)
        with tf.control_dependencies([sums]):
            self._sums.assign(tf.zeros(COLUMNS))
        return sums

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

    def _replica_step(self, batch: Any) -> list[tf.Tensor | None]:
        variables = self.trainable_variables()
        gradients = self._gradients(batch, variables)
        replicas, loss_scale = self.strategy.num_replicas_in_sync, self._loss_scale()
        # Before the optimizer may change the scale.
        share = [None if gradient is None else gradient / loss_scale for gradient in gradients]
        if self.options.centralize:
            gradients = centralized(gradients)
        if self.options.clip_norm is not None:
            if replicas > 1:
                # The norm is that of the sum over replicas, which the optimizer takes once more: hence the division.
                present = [gradient for gradient in gradients if gradient is not None]
                summed = iter(tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, present))
                gradients = [None if gradient is None else next(summed) for gradient in gradients]
            gradients = clipped(gradients, self.options.clip_norm * loss_scale)
            gradients = [None if gradient is None else gradient / replicas for gradient in gradients]
        gradients = constrained(gradients, variables)
        pairs = [(g, v) for g, v in zip(gradients, variables, strict=True) if g is not None]
        self.optimizer.apply([gradient for gradient, _ in pairs], [variable for _, variable in pairs])
        return share

    def _gradients(self, batch: Any, variables: Sequence[keras.Variable]) -> list[tf.Tensor | None]:
        """This replica's share of those of the mean loss over the global batch; with loss scaling, scaled."""
        parts = self.options.accumulate
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
            regularization = tf.add_n(self.model.losses) if self.model.losses else 0.0
            total = (tf.reduce_mean(losses) + regularization) / self.strategy.num_replicas_in_sync
            if isinstance(self.optimizer, keras.optimizers.LossScaleOptimizer):
                total = self.optimizer.scale_loss(total)
        gradients = tape.gradient(total, [variable.value for variable in variables])
        # An embedding's has the rows that were looked up alone, which is nothing to calculate with.
        return [None if gradient is None else tf.convert_to_tensor(gradient) for gradient in gradients]

    def _loss_scale(self) -> tf.Tensor | float:
        is_scaled = isinstance(self.optimizer, keras.optimizers.LossScaleOptimizer)
        return tf.convert_to_tensor(self.optimizer.dynamic_scale) if is_scaled else 1.0

    def _evaluation_steps(self, batches: Iterator) -> None:
        for batch in batches:
            self.strategy.run(self._evaluation_step, args=(batch,))

    def _evaluation_step(self, batch: Any) -> tf.Tensor:
        return self._record(batch, training=False)

    def _record(self, batch: Any, training: bool) -> tf.Tensor:
        losses, metrics = self.objective(self.model, batch, training=training)
        sums = sums_of(losses, metrics)
        if len(sums) > COLUMNS:
            raise ValueError(
                f"An objective may report at most {COLUMNS - 2} metrics, a ratio counting twice. "
                f"Received: {len(sums) - 2}"
            )
        # Known once the objective was traced; the same for training and evaluation.
        self._names = list(sums)
        totals = list(sums.values())
        self._sums.assign_add(tf.pad(tf.stack(totals), [[0, COLUMNS - len(totals)]]))
        return losses
