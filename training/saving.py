"""When a training is saved: where it is time, and where SIGTERM asks for it."""

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from training.errors import Preempted
from training.preemption import Preemption
from training.snapshot import Snapshot

if TYPE_CHECKING:
    from training.loop import Loop


class Saving:
    """Writes last good states to the loop's checkpoints, counting the time to the next from when it was made. Without
    checkpoints it does nothing, and nothing is due."""

    def __init__(self, loop: "Loop") -> None:
        self._loop = loop
        self._store = loop.checkpoints
        self._preemption = Preemption()
        self._saved_at = self._epoch_saved_at = loop.clock()

    def heeding_sigterm(self) -> AbstractContextManager:
        """The context in which SIGTERM asks for a checkpoint; without checkpoints it ends the process, as any."""
        return self._preemption if self._store is not None else nullcontext()

    @property
    def is_due(self) -> bool:
        """Whether a state between two steps is to be saved."""
        return self._preemption.requested or self._is_time(self._saved_at)

    def save(self, step: int, good: Snapshot) -> None:
        """Starts to write a state, if this process is the one that writes."""
        self._saved_at = self._loop.clock()
        if self._store is not None and self._loop.is_chief:
            # Checkpoints of earlier versions have none.
            self._store.save(step, good, monitored=good.state.get("monitored"))

    def save_epoch(self, step: int, good: Snapshot) -> None:
        """The same of a state at the end of an epoch, where it is time for one of these."""
        if self._is_time(self._epoch_saved_at):
            self.save(step, good)
            self._epoch_saved_at = self._loop.clock()

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
        return self._store is not None and self._loop.clock() - last_secs >= self._loop.checkpoint_every_secs
