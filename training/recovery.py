"""Going back where a training diverges."""

import tensorflow as tf

from training.batches import BatchReader
from training.errors import DivergedError
from training.options import RecoveryOptions
from training.position import Position
from training.run_state import RunState
from training.step import TrainStep


class Recovery:
    """Returns to the last good state, with a lower learning rate, a few times."""

    def __init__(self, options: RecoveryOptions, *, state: RunState, step: TrainStep, reader: BatchReader) -> None:
        self._options = options
        self._state = state
        self._step = step
        self._reader = reader

    def roll_back(self, reason: str, *, at: int) -> None:
        """Goes back from step `at` for a reason.

        Raises:
          BadBatchError: a batch since the last good state holds NaN or infinity, which going back does not mend.
          DivergedError: training went back often enough already.
        """
        options, state = self._options, self._state
        first = Position.from_state(state.good.state["position"]).step + 1
        self._reader.check_finite(first, at)
        if state.rollbacks >= options.rollbacks:
            raise DivergedError(
                f"The loss and the weights must stay finite numbers. Received, by step {at}: {reason}; "
                f"{state.rollbacks} rollbacks to a lower learning rate did not help, the last from "
                f"{self._step.learning_rate:.3g}. Lower train.learning_rate, raise "
                f"train.schedule.warmup_epochs or set train.step.clip_norm."
            )
        state.rollbacks += 1
        scale = float(tf.convert_to_tensor(self._step.rate_scale))
        state.return_to_good()
        self._step.cut_learning_rate(options.factor, scale=scale)
        state.note(
            f"by step {at} {reason}: back to step {state.position.step} with {options.factor} of the learning rate "
            f"(rollback {state.rollbacks} of {options.rollbacks})"
        )
