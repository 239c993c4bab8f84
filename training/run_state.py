"""What a training has come to beside its variables, and both together as snapshots."""

import logging

from training.checkpoints import CheckpointStore
from training.early_stopping import EarlyStopping
from training.errors import CheckpointMismatchError
from training.gap_ratio import GapRatioGuard
from training.position import Position
from training.snapshot import Snapshot, Snapshots

logger = logging.getLogger("slipway.training")


class RunState:
    """The state of one training.

    Attributes:
      position: the epoch and the step, and the sums of the epoch so far.
      early_stopping: the guard that keeps the best weights, or None.
      gap_guard: the guard against overfitting, or None.
      rollbacks: how often training went back to an earlier state.
      is_stopped: whether a guard ended training.
      good: the last state that is known to be finite; the first one is taken for it.
      events: what guards did since the last epoch, in words.
    """

    def __init__(
        self,
        *,
        snapshots: Snapshots,
        weights: Snapshots,
        steps_per_epoch: int,
        early_stopping: EarlyStopping | None,
        gap_guard: GapRatioGuard | None,
    ) -> None:
        """Args:
        snapshots: of all variables that training depends on.
        weights: of the model's variables alone.
        steps_per_epoch: train batches in an epoch.
        early_stopping: its state is a part of this one.
        gap_guard: the same.
        """
        self._snapshots = snapshots
        self._weights = weights
        self.position = Position(steps_per_epoch)
        self.early_stopping = early_stopping
        self.gap_guard = gap_guard
        self.rollbacks = 0
        self.is_stopped = False
        self.events: list[str] = []
        self.good = self.take()

    def take(self, *, monitored: float | None = None) -> Snapshot:
        """The state now; `monitored` is the evaluation loss at the end of an epoch."""
        state = {
            "monitored": monitored,
            "position": self.position.state(),
            "rollbacks": self.rollbacks,
            "is_stopped": self.is_stopped,
            "early_stopping": self.early_stopping.state() if self.early_stopping else None,
            "gap_guard": self.gap_guard.state() if self.gap_guard else None,
        }
        snapshot = self._snapshots.take(state)
        if self.early_stopping is None or not self.early_stopping.best_weights:
            return snapshot
        tensors = {**snapshot.tensors, "best": self.early_stopping.best_weights}
        return Snapshot(tensors=tensors, state=state, is_finite=snapshot.is_finite)

    def return_to_good(self) -> None:
        """Goes back to the last good state; the number of rollbacks and the events stay."""
        state = self.good.state
        self._snapshots.restore(self.good)
        self.position = Position.from_state(state["position"])
        self.is_stopped = state["is_stopped"]
        if self.early_stopping is not None and state["early_stopping"] is not None:
            self.early_stopping.restore(state["early_stopping"])
            self.early_stopping.best_weights = self.good.tensors.get("best", ())
        if self.gap_guard is not None and state["gap_guard"] is not None:
            self.gap_guard.restore(state["gap_guard"])

    def resume(self, checkpoints: CheckpointStore) -> None:
        """Takes over the last checkpoint that is not damaged; see `CheckpointStore.load` for what it raises.

        Raises:
          CheckpointMismatchError: an epoch had another number of steps when it was written, too.
        """
        snapshot = checkpoints.load(self.good)
        found = Position.from_state(snapshot.state["position"])
        if found.steps_per_epoch != self.position.steps_per_epoch:
            raise CheckpointMismatchError(
                f"An epoch must have as many steps as when the checkpoint was written. Received: "
                f"{self.position.steps_per_epoch} steps, {found.steps_per_epoch} in {checkpoints.directory}. The data "
                f"or the batch size changed: delete the directory to train from the start."
            )
        self.good = snapshot
        self.return_to_good()
        self.rollbacks = snapshot.state["rollbacks"]
        logger.info("going on from the checkpoint of step %d", found.step)
        for step, reason in checkpoints.damaged.items():
            self.note(
                f"the checkpoint of step {step} is damaged ({reason}): training goes on from that of step {found.step}"
            )

    def note(self, event: str) -> None:
        """Logs what a guard did, for the epoch's record too."""
        self.events.append(event)
        logger.warning("epoch %d: %s", self.position.epoch, event)

    def keep_best_weights(self) -> None:
        """Hands early stopping the weights that the model has now."""
        if self.early_stopping is not None:
            self.early_stopping.best_weights = self._weights.take({}).tensors["model"]

    def restore_best_weights(self) -> bool:
        """Gives the model the best weights; returns whether there are any."""
        if self.early_stopping is None or not self.early_stopping.best_weights:
            return False
        self._weights.restore(Snapshot(tensors={"model": self.early_stopping.best_weights}, state={}, is_finite=True))
        return True
