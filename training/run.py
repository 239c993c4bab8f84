"""One training from its start, or from its last checkpoint, to its end."""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import tensorflow as tf

from training.batches import BatchReader
from training.epoch_evaluation import EpochEvaluation
from training.errors import WorkerLostError
from training.hooks import Hook, HookedLoop
from training.metric_sums import EXAMPLES, means
from training.records import EpochRecord, StepsRecord
from training.recovery import Recovery
from training.run_state import RunState
from training.saving import Saving
from training.snapshot import Snapshot
from training.step import TrainStep
from training.unfreezing import Unfreezing

# What a collective raises when a worker that it needs is gone.
_PEER_IS_GONE = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.InternalError, tf.errors.CancelledError)


class TrainingRun:
    """Takes the steps of one call of `Loop.epochs`, tells hooks of them, and saves where it is time."""

    def __init__(
        self,
        *,
        step: TrainStep,
        state: RunState,
        reader: BatchReader,
        evaluation: EpochEvaluation,
        recovery: Recovery,
        saving: Saving,
        unfreezing: Unfreezing | None,
        hooks: Sequence[Hook],
        clock: Callable[[], float],
    ) -> None:
        """Args:
        step: what trains.
        state: what training goes on from.
        reader: of the train batches.
        evaluation: the end of each epoch.
        recovery: what is done about a loss or a weight that is no finite number.
        saving: when checkpoints are written.
        unfreezing: which layers are trained when, or None.
        hooks: are told of steps and epochs.
        clock: seconds, monotonic.
        """
        self._step = step
        self._state = state
        self._reader = reader
        self._evaluation = evaluation
        self._recovery = recovery
        self._saving = saving
        self._unfreezing = unfreezing
        self._hooks = hooks
        self._clock = clock

    def epochs(self, count: int, *, loop: HookedLoop) -> Iterator[EpochRecord]:
        """Trains up to epoch `count`; see `Loop.epochs`. `loop` is what hooks are given."""
        state, saving = self._state, self._saving
        with saving.heeding_sigterm():
            try:
                for hook in self._hooks:
                    hook.on_train_begin(loop)
                while state.position.epoch <= count and not state.is_stopped:
                    yield self._epoch()
                    # Not before: whoever goes on from the checkpoint is not told of this epoch again.
                    saving.end_if_preempted(state.position.step, state.good)
                saving.save_end(state.position.step, state.good)
                self._finish()
            except _PEER_IS_GONE as error:
                if self._step.strategy.num_replicas_in_sync == 1:
                    raise
                raise WorkerLostError(
                    f"All workers must be there for a step. Received: {str(error).splitlines()[0]}. Start every worker "
                    f"again: training goes on from the last checkpoint."
                ) from error
            finally:
                for hook in reversed(self._hooks):
                    hook.on_train_end()
                saving.wait()
            saving.end_if_preempted(state.position.step, state.good)

    def _epoch(self) -> EpochRecord:
        """One epoch from wherever it stands to its record, back over a divergence where need be."""
        state = self._state
        if self._unfreezing is not None and self._unfreezing.start_epoch(state.position.epoch):
            self._step.retrace()
        record = None
        while record is None:
            self._train_epoch()
            # Before the evaluation, which a rectifier may keep finite where weights are not.
            if self._finite_state() is not None:
                record = self._evaluation.record()
        state.events = []
        state.position.next_epoch()
        state.good = state.take(monitored=record.evaluation["loss"])
        self._saving.save_epoch(state.position.step, state.good)
        for hook in self._hooks:
            hook.on_epoch(record)
        return record

    def _train_epoch(self) -> None:
        while (position := self._state.position).step_in_epoch < position.steps_per_epoch:
            remaining = position.steps_per_epoch - position.step_in_epoch
            count = 1 if self._step.wants_gradients else min(self._step.options.steps_per_execution, remaining)
            batches = self._reader.after(position.step)
            start_secs = self._clock()
            with self._reader.explaining(position.step, count):
                waited_secs, gradients = self._execute(batches, count)
                sums = self._step.take_sums()
            self._reader.advance(count)
            if not math.isfinite(sums["loss"]):
                self._recovery.roll_back(f"the training loss was {sums['loss']}", at=position.step + count)
                continue
            secs = self._clock() - start_secs
            position.add(count, sums, secs=secs, waited_secs=waited_secs)
            if self._hooks:
                record = StepsRecord(
                    step=position.step,
                    means=means(sums),
                    learning_rate=self._step.learning_rate,
                    examples_per_sec=sums[EXAMPLES] / max(secs, 1e-9),
                    gradients=gradients,
                )
                for hook in self._hooks:
                    hook.on_steps(record)
            self._save_between_steps()

    def _execute(self, batches: Iterator, count: int) -> tuple[float, dict[str, np.ndarray]]:
        """Takes the steps; returns the seconds that they waited for batches, and the gradients if they were asked
        for."""
        if not self._step.wants_gradients:
            return self._step.train(batches, count), {}
        self._step.wants_gradients = False
        gradients = zip(self._step.trainable_variables(), self._step.train_one(batches), strict=True)
        return 0.0, {variable.path: gradient for variable, gradient in gradients if gradient is not None}

    def _save_between_steps(self) -> None:
        if not self._saving.is_due:
            return
        state, good = self._state, self._finite_state()
        if good is None:
            return
        state.good = good
        self._saving.end_if_preempted(state.position.step, good)
        self._saving.save(state.position.step, good)

    def _finite_state(self) -> Snapshot | None:
        """The state now; None where a weight is no finite number, and training went back."""
        state = self._state
        now = state.take()
        if now.is_finite:
            return now
        self._recovery.roll_back("a weight was no finite number", at=state.position.step)
        return None

    def _finish(self) -> None:
        """Leaves the model with the weights that training was for: the best ones, or the average, or the last."""
        if self._unfreezing is not None:
            self._unfreezing.end()
        if not self._state.restore_best_weights() and self._step.average is not None:
            self._step.average.copy_to_model()
