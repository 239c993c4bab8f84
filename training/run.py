"""One training from its start, or from its last checkpoint, to its end."""

import logging
import math
from collections.abc import Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from training.batches import BatchReader, Train
from training.errors import CheckpointMismatchError, DivergedError, WorkerLostError
from training.gap_ratio import Verdict, gap_ratio
from training.metric_sums import EXAMPLES, means
from training.position import Position
from training.records import EpochRecord, StepsRecord
from training.saving import Saving
from training.snapshot import Snapshot

if TYPE_CHECKING:
    from training.loop import Loop

logger = logging.getLogger("slipway.training")

# What a collective raises when a worker that it needs is gone.
_PEER_IS_GONE = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.InternalError, tf.errors.CancelledError)


class TrainingRun:
    """Keeps the position, the last good state and the checkpoints of one call of `Loop.epochs`."""

    def __init__(
        self, loop: "Loop", *, train: Train, evaluation: tf.data.Dataset, train_sample: tf.data.Dataset | None
    ) -> None:
        self._loop = loop
        self._step = loop.step
        self._reader = BatchReader(train, loop.step.feed)
        self._evaluation = evaluation
        self._train_sample = train_sample
        self._snapshots = loop.snapshots
        self._weights = loop.weights
        self._position = Position(steps_per_epoch=0)
        self._rollbacks = 0
        self._is_stopped = False
        self._events: list[str] = []

    def epochs(self, *, epochs: int, steps_per_epoch: int) -> Iterator[EpochRecord]:
        """See `Loop.epochs`."""
        loop = self._loop
        self._position = Position(steps_per_epoch)
        self._good = self._snapshot()
        if loop.checkpoints is not None and loop.checkpoints.steps():
            self._resume(loop.checkpoints.load(self._good), steps_per_epoch)
        self._saving = Saving(loop)
        with self._saving.heeding_sigterm():
            try:
                for hook in loop.hooks:
                    hook.on_train_begin(loop)
                while self._position.epoch <= epochs and not self._is_stopped:
                    yield self._epoch()
                    # Not before: whoever goes on from the checkpoint is not told of this epoch again.
                    self._saving.end_if_preempted(self._position.step, self._good)
                self._saving.save_end(self._position.step, self._good)
                self._finish()
            except _PEER_IS_GONE as error:
                if loop.strategy.num_replicas_in_sync == 1:
                    raise
                raise WorkerLostError(
                    f"All workers must be there for a step. Received: {str(error).splitlines()[0]}. Start every worker "
                    f"again: training goes on from the last checkpoint."
                ) from error
            finally:
                for hook in reversed(loop.hooks):
                    hook.on_train_end()
                self._saving.wait()
            self._saving.end_if_preempted(self._position.step, self._good)

    def _epoch(self) -> EpochRecord:
        """One epoch from wherever it stands to its record, back over a divergence where need be."""
        loop, position = self._loop, self._position
        if loop.unfreezing is not None and loop.unfreezing.start_epoch(position.epoch):
            self._step.retrace()
        record = None
        while record is None:
            self._train_epoch()
            record = self._evaluate_epoch()
        self._events = []
        self._position.next_epoch()
        self._good = self._snapshot(monitored=record.evaluation["loss"])
        self._saving.save_epoch(self._position.step, self._good)
        for hook in loop.hooks:
            hook.on_epoch(record)
        return record

    def _train_epoch(self) -> None:
        loop = self._loop
        while self._position.step_in_epoch < self._position.steps_per_epoch:
            position = self._position
            remaining = position.steps_per_epoch - position.step_in_epoch
            count = 1 if loop.wants_gradients else min(self._step.options.steps_per_execution, remaining)
            batches = self._reader.after(position.step)
            start_secs = loop.clock()
            with self._reader.explaining(position.step, count):
                waited_secs, gradients = self._execute(batches, count)
                sums = self._step.take_sums()
            self._reader.advance(count)
            if not math.isfinite(sums["loss"]):
                self._roll_back(f"the training loss was {sums['loss']}", at=position.step + count)
                continue
            secs = loop.clock() - start_secs
            position.add(count, sums, secs=secs, waited_secs=waited_secs)
            if loop.hooks:
                record = StepsRecord(
                    step=position.step,
                    means=means(sums),
                    learning_rate=self._step.learning_rate,
                    examples_per_sec=sums[EXAMPLES] / max(secs, 1e-9),
                    gradients=gradients,
                )
                for hook in loop.hooks:
                    hook.on_steps(record)
            self._checkpoint_between_steps()

    def _execute(self, batches: Iterator, count: int) -> tuple[float, dict[str, np.ndarray]]:
        if not self._loop.wants_gradients:
            return self._step.train(batches, count), {}
        self._loop.wants_gradients = False
        gradients = zip(self._step.trainable_variables(), self._step.train_one(batches), strict=True)
        return 0.0, {variable.path: gradient for variable, gradient in gradients if gradient is not None}

    def _checkpoint_between_steps(self) -> None:
        if not self._saving.is_due:
            return
        good = self._snapshot()
        if not good.is_finite:
            self._roll_back("a weight was no finite number", at=self._position.step)
            return
        self._good = good
        self._saving.end_if_preempted(self._position.step, good)
        self._saving.save(self._position.step, good)

    def _evaluate_epoch(self) -> EpochRecord | None:
        """What the epoch came to and what the guards made of it; None after a divergence, with the epoch to go on."""
        loop, position, step = self._loop, self._position, self._step
        with step.average.in_place() if step.average else nullcontext():
            evaluated = loop.evaluate(self._evaluation)
            is_finite = math.isfinite(evaluated["loss"])
            sampled = loop.evaluate(self._train_sample) if is_finite and self._train_sample is not None else None
            is_best = is_finite and loop.early_stopping is not None and loop.early_stopping.update(evaluated["loss"])
            if is_best and loop.early_stopping is not None:
                loop.early_stopping.best_weights = self._weights.take({}).tensors["model"]
        if not is_finite:
            self._roll_back(f"the evaluation loss was {evaluated['loss']}", at=position.step)
            return None
        if loop.early_stopping is not None:
            self._is_stopped = loop.early_stopping.should_stop
        train = means(position.sums)
        ratio = gap_ratio((sampled or train)["loss"], evaluated["loss"])
        self._heed_gap(ratio)
        return EpochRecord(
            epoch=position.epoch,
            step=position.step,
            train=train,
            evaluation=evaluated,
            learning_rate=self._step.learning_rate,
            examples_per_sec=position.examples_here / max(position.secs, 1e-9),
            is_best=is_best,
            gap_ratio=ratio,
            input_share=position.waited_secs / max(position.secs, 1e-9),
            events=tuple(self._events),
        )

    def _heed_gap(self, ratio: float) -> None:
        guard = self._loop.gap_guard
        if guard is None:
            return
        verdict = guard.update(ratio)
        if verdict is Verdict.WARN:
            self._note(f"gap ratio {ratio:.2f} is above {guard.options.warn}")
        elif verdict is Verdict.CUT_LEARNING_RATE:
            self._step.cut_learning_rate(guard.options.factor)
            self._note(f"gap ratio {ratio:.2f}: the learning rate is cut to {guard.options.factor} of what it was")
        elif verdict is Verdict.STOP:
            self._is_stopped = True
            self._note(f"gap ratio {ratio:.2f} stayed above {guard.options.act}: training stops")

    def _roll_back(self, reason: str, *, at: int) -> None:
        """Back to the last good state with a lower learning rate. Raises DivergedError when that was tried enough."""
        options = self._loop.recovery
        first = Position.from_state(self._good.state["position"]).step + 1
        self._reader.check_finite(first, at)
        if self._rollbacks >= options.rollbacks:
            raise DivergedError(
                f"The loss and the weights must stay finite numbers. Received, by step {at}: {reason}; "
                f"{self._rollbacks} rollbacks to a lower learning rate did not help, the last from "
                f"{self._step.learning_rate:.3g}. Lower train.learning_rate, raise "
                f"train.schedule.warmup_epochs or set train.step.clip_norm."
            )
        self._rollbacks += 1
        scale = float(tf.convert_to_tensor(self._step.rate_scale))
        self._snapshots.restore(self._good)
        self._restore_state(self._good)
        self._step.cut_learning_rate(options.factor, scale=scale)
        self._note(
            f"by step {at} {reason}: back to step {self._position.step} with {options.factor} of the learning rate "
            f"(rollback {self._rollbacks} of {options.rollbacks})"
        )

    def _note(self, event: str) -> None:
        self._events.append(event)
        logger.warning("epoch %d: %s", self._position.epoch, event)

    def _snapshot(self, *, monitored: float | None = None) -> Snapshot:
        """The state now; `monitored` is the evaluation loss at the end of an epoch."""
        loop = self._loop
        state = {
            "monitored": monitored,
            "position": self._position.state(),
            "rollbacks": self._rollbacks,
            "is_stopped": self._is_stopped,
            "early_stopping": loop.early_stopping.state() if loop.early_stopping else None,
            "gap_guard": loop.gap_guard.state() if loop.gap_guard else None,
        }
        snapshot = self._snapshots.take(state)
        if loop.early_stopping is None or not loop.early_stopping.best_weights:
            return snapshot
        tensors = {**snapshot.tensors, "best": loop.early_stopping.best_weights}
        return Snapshot(tensors=tensors, state=state, is_finite=snapshot.is_finite)

    def _restore_state(self, snapshot: Snapshot) -> None:
        loop, state = self._loop, snapshot.state
        self._position = Position.from_state(state["position"])
        self._is_stopped = state["is_stopped"]
        if loop.early_stopping is not None and state["early_stopping"] is not None:
            loop.early_stopping.restore(state["early_stopping"])
            loop.early_stopping.best_weights = snapshot.tensors.get("best", ())
        if loop.gap_guard is not None and state["gap_guard"] is not None:
            loop.gap_guard.restore(state["gap_guard"])

    def _resume(self, snapshot: Snapshot, steps_per_epoch: int) -> None:
        found = Position.from_state(snapshot.state["position"])
        if found.steps_per_epoch != steps_per_epoch:
            raise CheckpointMismatchError(
                f"An epoch must have as many steps as when the checkpoint was written. Received: {steps_per_epoch} "
                f"steps, {found.steps_per_epoch} in {self._loop.checkpoints.directory}. The data or the batch size "  # type: ignore[union-attr]
                f"changed: delete the directory to train from the start."
            )
        self._snapshots.restore(snapshot)
        self._restore_state(snapshot)
        self._rollbacks = snapshot.state["rollbacks"]
        self._good = snapshot
        logger.info("going on from the checkpoint of step %d", found.step)
        for step, reason in self._loop.checkpoints.damaged.items():  # type: ignore[union-attr]
            self._note(
                f"the checkpoint of step {step} is damaged ({reason}): training goes on from that of step {found.step}"
            )

    def _finish(self) -> None:
        """Leaves the model with the weights that training was for: the best ones, or the average, or the last."""
        loop = self._loop
        if loop.unfreezing is not None:
            loop.unfreezing.end()
        if loop.early_stopping is not None and loop.early_stopping.best_weights:
            self._weights.restore(
                Snapshot(tensors={"model": loop.early_stopping.best_weights}, state={}, is_finite=True)
            )
        elif self._step.average is not None:
            self._step.average.copy_to_model()
