"""When a training is saved: where it is time, and where SIGTERM asks for it."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from training.checkpoints import CheckpointStore
from training.errors import Preempted
from training.preemption import Preemption
from training.snapshot import Snapshot


class Saving:
    """Writes good states as checkpoints, counting the time to the next from when it was made. Without a store it does
    nothing, and nothing is due."""

    def __init__(
        self, store: CheckpointStore | None, *, every_secs: float, is_chief: bool, clock: Callable[[], float]
    ) -> None:
        """Args:
        store: where checkpoints are kept, or None.
        every_secs: at least this long between two, and between those of two epochs' ends.
        is_chief: whether this process writes, of several that train together.
        clock: seconds, monotonic.
        """
        self._store = store
        self._every_secs = every_secs
        self._is_chief = is_chief
        self._clock = clock
        self._preemption = Preemption()
        self._saved_at = self._epoch_saved_at = clock()

    def heeding_sigterm(self) -> AbstractContextManager:
        """The context in which SIGTERM asks for a checkpoint; without checkpoints it ends the process, as any."""
        return self._preemption if self._store is not None else nullcontext()

    @property
    def is_due(self) -> bool:
        """Whether a state between two steps is to be saved."""
        return self._preemption.requested or self._is_time(self._saved_at)

    def save(self, step: int, good: Snapshot) -> None:
        """Starts to write a state, if this process is the one that writes."""
        self._saved_at = self._clock()
        if self._store is not None and self._is_chief:
            # Checkpoints of earlier versions have none.
            self._store.save(step, good, monitored=good.state.get("monitored"))

    def save_epoch(self, step: int, good: Snapshot) -> None:
        """Starts to write a state at the end of an epoch, where it is time for one of these."""
        if self._is_time(self._epoch_saved_at):
            self.save(step, good)
            self._epoch_saved_at = self._clock()

    def save_end(self, step: int, good: Snapshot) -> None:
        """Writes the state at the end of training, unless it is there already."""
        if self._store is None:
            return
        self._store.wait()
        if self._store.steps()[-1:] != [step] or step in self._store.damaged:
            self.save(step, good)

    def end_if_preempted(self, step: int, good: Snapshot) -> None:
        """Writes the state and raises Preempted, where SIGTERM came."""
        if self._store is None or not self._preemption.requested:
            return
        self.save(step, good)
        self._store.wait()
        raise Preempted(
            f"SIGTERM came. A checkpoint of step {step} is in {self._store.directory}: the same command goes on from "
            f"there."
        )

    def wait(self) -> None:
        """Returns when nothing is being written."""
        if self._store is not None:
            self._store.wait()

    def _is_time(self, last_secs: float) -> bool:
        return self._store is not None and self._clock() - last_secs >= self._every_secs
