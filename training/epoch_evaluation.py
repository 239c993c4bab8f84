"""The end of an epoch: evaluation, and what the guards make of it."""

import math
from contextlib import nullcontext

import tensorflow as tf

from training.gap_ratio import Verdict, gap_ratio
from training.metric_sums import means
from training.records import EpochRecord
from training.recovery import Recovery
from training.run_state import RunState
from training.step import TrainStep


class EpochEvaluation:
    """Evaluates a model after each epoch, by the weights' average where there is one, and heeds the guards."""

    def __init__(
        self,
        batches: tf.data.Dataset,
        *,
        train_sample: tf.data.Dataset | None,
        state: RunState,
        step: TrainStep,
        recovery: Recovery,
    ) -> None:
        """Args:
        batches: of the held-out split.
        train_sample: batches that the gap ratio's train loss is measured on; None takes the loss of the steps.
        state: of the training.
        step: what evaluates.
        recovery: what is done about a loss that is no finite number.
        """
        self._batches = batches
        self._train_sample = train_sample
        self._state = state
        self._step = step
        self._recovery = recovery

    def record(self) -> EpochRecord | None:
        """What the epoch came to; None where its loss is no finite number, and training went back."""
        state, step, position = self._state, self._step, self._state.position
        sampled, is_best = None, False
        with step.average.in_place() if step.average else nullcontext():
            evaluated = step.evaluate(self._batches)
            is_finite = math.isfinite(evaluated["loss"])
            if is_finite and self._train_sample is not None:
                sampled = step.evaluate(self._train_sample)
            if is_finite and state.early_stopping is not None:
                is_best = state.early_stopping.update(evaluated["loss"])
            if is_best:
                state.keep_best_weights()
        if not is_finite:
            self._recovery.roll_back(f"the evaluation loss was {evaluated['loss']}", at=position.step)
            return None
        if state.early_stopping is not None:
            state.is_stopped = state.early_stopping.should_stop
        train = means(position.sums)
        ratio = gap_ratio((sampled or train)["loss"], evaluated["loss"])
        self._heed_gap(ratio)
        return EpochRecord(
            epoch=position.epoch,
            step=position.step,
            train=train,
            evaluation=evaluated,
            learning_rate=step.learning_rate,
            examples_per_sec=position.examples_here / max(position.secs, 1e-9),
            is_best=is_best,
            gap_ratio=ratio,
            input_share=position.waited_secs / max(position.secs, 1e-9),
            events=tuple(state.events),
        )

    def _heed_gap(self, ratio: float) -> None:
        guard, state = self._state.gap_guard, self._state
        if guard is None:
            return
        verdict = guard.update(ratio)
        if verdict is Verdict.WARN:
            state.note(f"gap ratio {ratio:.2f} is above {guard.options.warn}")
        elif verdict is Verdict.CUT_LEARNING_RATE:
            self._step.cut_learning_rate(guard.options.factor)
            state.note(f"gap ratio {ratio:.2f}: the learning rate is cut to {guard.options.factor} of what it was")
        elif verdict is Verdict.STOP:
            state.is_stopped = True
            state.note(f"gap ratio {ratio:.2f} stayed above {guard.options.act}: training stops")
