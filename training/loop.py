"""The training loop: an outer controller over epochs, around an inner step inside `tf.function`.

Example::

    loop = Loop(model=model, objective=objective, optimizer=keras.optimizers.AdamW(1e-3))
    for record in loop.epochs(train=batches.repeat(), evaluation=held_out, epochs=10, steps_per_epoch=100):
        print(record.epoch, record.train["loss"], record.evaluation["loss"])
"""

import functools
import time
from collections.abc import Callable, Iterator, Sequence

import keras
import tensorflow as tf

from training.batches import BatchReader, Train
from training.checkpoints import CheckpointStore
from training.distribution import is_chief
from training.early_stopping import EarlyStopping
from training.epoch_evaluation import EpochEvaluation
from training.gap_ratio import GapRatioGuard
from training.hooks import Hook
from training.objective import Objective
from training.options import RecoveryOptions, StepOptions
from training.records import EpochRecord
from training.recovery import Recovery
from training.run import TrainingRun
from training.run_state import RunState
from training.saving import Saving
from training.schedules import constant
from training.snapshot import Snapshots
from training.step import TrainStep
from training.unfreezing import Unfreezing


class Loop:
    """Trains a Keras 3 model with a GradientTape step, several steps inside each graph call."""

    def __init__(
        self,
        *,
        model: keras.Model,
        objective: Objective,
        optimizer: keras.optimizers.Optimizer,
        schedule: keras.optimizers.schedules.LearningRateSchedule | None = None,
        step: StepOptions | None = None,
        strategy: tf.distribute.Strategy | None = None,
        early_stopping: EarlyStopping | None = None,
        gap_guard: GapRatioGuard | None = None,
        recovery: RecoveryOptions | None = None,
        unfreezing: Unfreezing | None = None,
        checkpoints: CheckpointStore | None = None,
        checkpoint_every_secs: float = 30.0,
        hooks: Sequence[Hook] = (),
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Args:
        model: built, under the strategy's scope; its variables are trained in place.
        objective: what a step minimizes and reports.
        optimizer: gets built on the trainable variables; its learning rate is a number.
        schedule: of the learning rate; None keeps the optimizer's.
        step: how a step is computed.
        strategy: where; None is this process's default device.
        early_stopping: ends training and restores the best weights; None trains all epochs and keeps the last.
        gap_guard: acts on overfitting.
        recovery: what to do when the loss is no longer a number.
        unfreezing: which layers are trained when.
        checkpoints: where training leaves its state, and goes on from what it finds; None keeps none.
        checkpoint_every_secs: at least this long between two checkpoints, and between those of two epochs' ends.
        hooks: are told of steps and epochs, in this order; of the end in the reverse.
        clock: seconds, monotonic.

        Raises:
          ValueError: the optimizer holds a schedule of its own.
        """
        if not isinstance(optimizer.learning_rate, keras.Variable):
            raise ValueError(
                "The loop sets the learning rate, so that the optimizer's must be a number. Received: an optimizer "
                "with a schedule. Give the schedule to Loop(schedule=…)."
            )
        self.model = model
        self.optimizer = optimizer
        self.strategy = strategy or tf.distribute.get_strategy()
        self.early_stopping = early_stopping
        self.gap_guard = gap_guard
        self.recovery = recovery or RecoveryOptions()
        self.unfreezing = unfreezing
        self.checkpoints = checkpoints
        self.checkpoint_every_secs = checkpoint_every_secs
        self.hooks = tuple(hooks)
        self.clock = clock
        self.step = TrainStep(
            model=model,
            objective=objective,
            optimizer=optimizer,
            schedule=schedule or constant(float(tf.convert_to_tensor(optimizer.learning_rate))),
            strategy=self.strategy,
            options=step or StepOptions(),
        )
        self.weights = Snapshots({"model": model.variables})

    @functools.cached_property
    def snapshots(self) -> Snapshots:
        """Of all that training depends on; made at their first use, when all hooks are known."""
        kept = [variable for hook in self.hooks for variable in hook.variables]
        return Snapshots({**self.step.variables(), "hooks": kept})

    def request_gradients(self) -> None:
        """The next graph call is a single step whose StepsRecord holds its gradients."""
        self.step.wants_gradients = True

    def evaluate(self, batches: tf.data.Dataset) -> dict[str, float]:
        """The mean over examples of the loss and of each metric."""
        return self.step.evaluate(batches)

    def epochs(
        self,
        *,
        train: Train,
        evaluation: tf.data.Dataset,
        epochs: int,
        steps_per_epoch: int,
        train_sample: tf.data.Dataset | None = None,
    ) -> Iterator[EpochRecord]:
        """Trains, yielding a record after each epoch; leave off iterating to stop.

        With checkpoints, starts where the last one that is not damaged was taken; epochs before it are not yielded
        again. The last one is taken when training is done, so that what was done is never done again.

        Args:
          train: batches without end, the same ones in the same order each time; a function of the steps done is spared
            the batches that were seen.
          evaluation: batches of the held-out split, with an end.
          epochs: how many at the most.
          steps_per_epoch: train batches in an epoch.
          train_sample: batches of the train split that the gap ratio's train loss is measured on, as the held-out loss
            is, without dropout and augmentation; None takes the loss of the epoch's steps.

        Raises:
          DivergedError: a loss or a weight is NaN or infinite, and going back did not help.
          BadBatchError: a batch cannot be read or holds no numbers.
          CheckpointDamagedError: none of the checkpoints can be read.
          CheckpointMismatchError: what is in `checkpoints` is of another training.
          CheckpointWriteError: a checkpoint could not be written.
          Preempted: on SIGTERM, after a checkpoint; where an epoch is over, after it was yielded.
        """
        state = RunState(
            snapshots=self.snapshots,
            weights=self.weights,
            steps_per_epoch=steps_per_epoch,
            early_stopping=self.early_stopping,
            gap_guard=self.gap_guard,
        )
        if self.checkpoints is not None and self.checkpoints.steps():
            state.resume(self.checkpoints)
        reader = BatchReader(train, self.step.feed)
        recovery = Recovery(self.recovery, state=state, step=self.step, reader=reader)
        run = TrainingRun(
            step=self.step,
            state=state,
            reader=reader,
            evaluation=EpochEvaluation(
                evaluation, train_sample=train_sample, state=state, step=self.step, recovery=recovery
            ),
            recovery=recovery,
            saving=Saving(
                self.checkpoints,
                every_secs=self.checkpoint_every_secs,
                is_chief=is_chief(self.strategy),
                clock=self.clock,
            ),
            unfreezing=self.unfreezing,
            hooks=self.hooks,
            clock=self.clock,
        )
        yield from run.epochs(epochs, loop=self)
