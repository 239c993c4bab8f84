"""Checkpoints on disk: written by a thread of their own, whole or not at all, the last and the best kept."""

import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, TypeAlias

import tensorflow as tf
from etils import epath

from training.errors import CheckpointDamagedError, CheckpointMismatchError, CheckpointWriteError
from training.snapshot import Snapshot

STATE_FILE = "state.json"
TENSORS = "tensors"
# A run of another layout must not be read as one of this.
LAYOUT = 1
# What reading raises where files are cut off, changed or gone: JSON's errors and TensorFlow's, whose reader has an
# IndexError for too few bytes.
_DAMAGE = (ValueError, LookupError, TypeError, tf.errors.OpError)

Tensors: TypeAlias = Mapping[str, Sequence[tf.Tensor]]


class CheckpointStore:
    """A directory of checkpoints, `step-NNNNNNNNNN/`, each a TensorFlow checkpoint and a `state.json`.

    `state.json` is placed last: a directory without one is what an interrupted write left, and is ignored.

    Attributes:
      damaged: of the checkpoints that the last reading passed over, what was wrong by step.
    """

    def __init__(self, directory: str | PurePath, *, keep_last: int = 2, keep_best: int = 1) -> None:
        """Raises ValueError when nothing would be kept."""
        if keep_last < 1 or keep_best < 0:
            raise ValueError(
                f"keep_last must be at least 1 and keep_best at least 0. "
                f"Received: keep_last={keep_last}, keep_best={keep_best}"
            )
        self.directory = epath.Path(directory)
        self.keep_last = keep_last
        self.keep_best = keep_best
        self.damaged: dict[int, str] = {}
        self._writing: threading.Thread | None = None
        self._failure: BaseException | None = None

    def steps(self) -> list[int]:
        """The steps of the checkpoints that were written to the end, rising."""
        if not self.directory.exists():
            return []
        found = [path for path in self.directory.iterdir() if path.name.startswith("step-")]
        return sorted(int(path.name.removeprefix("step-")) for path in found if (path / STATE_FILE).exists())

    def save(self, step: int, snapshot: Snapshot, *, monitored: float | None = None) -> None:
        """Starts to write a checkpoint; waits first for the one before, if that is still being written.

        Args:
          step: names it; one of the same step is written over.
          snapshot: what it holds.
          monitored: the value that the best are chosen by, the lower the better; None is never the best.

        Raises:
          CheckpointWriteError: the one before could not be written.
        """
        self.wait()
        self._writing = threading.Thread(target=self._write, args=(step, snapshot, monitored), name="checkpoint")
        self._writing.start()

    def wait(self) -> None:
        """Returns when nothing is being written. Raises CheckpointWriteError if the last write failed."""
        if self._writing is not None:
            self._writing.join()
            self._writing = None
        failure, self._failure = self._failure, None
        if failure is not None:
            reason = str(failure).splitlines()[0] if str(failure) else type(failure).__name__
            raise CheckpointWriteError(
                f"A checkpoint must be written whole. Received: {reason}, in {self.directory}. Earlier checkpoints are "
                f"as they were. Free some space or raise train.checkpoints.every_secs, and start again: training goes "
                f"on from the last one."
            ) from failure

    def newest(self) -> int | None:
        """The step of the checkpoint that `load` reads; None where there is none.

        Raises:
          CheckpointDamagedError: there are some, and none can be read.
          CheckpointMismatchError: it has another layout.
        """
        return self._newest()[0] if self.steps() else None

    def load(self, like: Snapshot) -> Snapshot:
        """Reads the last checkpoint that is not damaged; `damaged` then names those that were passed over.

        Args:
          like: of the training that will go on from it; says what must be there.

        Raises:
          CheckpointDamagedError: none can be read.
          CheckpointMismatchError: it holds other variables, or has another layout.
          FileNotFoundError: there is none.
        """
        self.wait()
        if not self.steps():
            raise FileNotFoundError(f"No checkpoint to read. Received: {self.directory}, which holds none.")
        step, record, tensors = self._newest()
        self._check(record["shapes"], like, self._of(step))
        return Snapshot(tensors=tensors, state=record["state"], is_finite=True)

    def _newest(self) -> tuple[int, dict[str, Any], Tensors]:
        """(step, record, tensors) of the last checkpoint that can be read."""
        self.damaged = {}
        for step in reversed(self.steps()):
            try:
                return step, *self._read(step)
            except CheckpointDamagedError as error:
                self.damaged[step] = str(error)
        raise CheckpointDamagedError(
            f"A checkpoint to go on from must be whole. Received: {len(self.damaged)} damaged ones in "
            f"{self.directory}, the last: {next(iter(self.damaged.values()))}. Delete {self.directory} to train from "
            f"the start."
        )

    def _read(self, step: int) -> tuple[dict[str, Any], Tensors]:
        """(record, tensors); TensorFlow compares each tensor with its checksum."""
        directory = self._of(step)
        try:
            record = json.loads((directory / STATE_FILE).read_text())
            if record["layout"] != LAYOUT:
                raise CheckpointMismatchError(
                    f"Checkpoints must have layout {LAYOUT}. Received: layout {record['layout']} in {directory}. "
                    f"Delete {self.directory} to train from the start."
                )
            reader = tf.train.load_checkpoint(str(directory / TENSORS))
            return record, {
                owner: [tf.constant(reader.get_tensor(_key(owner, index))) for index in range(len(shapes))]
                for owner, shapes in record["shapes"].items()
            }
        except _DAMAGE as error:
            raise CheckpointDamagedError(f"{type(error).__name__}: {str(error).splitlines()[0]}") from error

    def _write(self, step: int, snapshot: Snapshot, monitored: float | None) -> None:
        directory = self._of(step)
        try:
            if directory.exists():
                directory.rmtree()
            directory.mkdir(parents=True)
            groups = {
                owner: {str(index): tf.Variable(tensor, trainable=False) for index, tensor in enumerate(tensors)}
                for owner, tensors in snapshot.tensors.items()
            }
            tf.train.Checkpoint(**groups).write(str(directory / TENSORS))
            record = {
                "layout": LAYOUT,
                "step": step,
                "monitored": monitored,
                "shapes": _shapes(snapshot),
                "state": snapshot.state,
            }
            temporary = directory / (STATE_FILE + ".tmp")
            temporary.write_text(json.dumps(record))
            temporary.rename(directory / STATE_FILE)
            self._prune(step)
        except BaseException as failure:
            self._failure = failure
            try:
                directory.rmtree(missing_ok=True)
            except OSError:
                # Left without a state.json, it counts for nothing.
                return

    def _prune(self, written: int) -> None:
        """Removes what is neither among the last nor the best, and what lies beyond the one that was just written:
        training had passed that over as damaged."""
        steps = [step for step in self.steps() if step <= written]
        ranked = sorted((value, step) for step in steps if (value := self._monitored(step)) is not None)
        kept = {*steps[-self.keep_last :], *(step for _, step in ranked[: self.keep_best])}
        for step in self.steps():
            if step not in kept:
                # First what makes it whole: half a removal leaves nothing that could be read.
                (self._of(step) / STATE_FILE).unlink()
                self._of(step).rmtree()

    def _monitored(self, step: int) -> float | None:
        """None where the checkpoint is damaged."""
        try:
            return json.loads((self._of(step) / STATE_FILE).read_text())["monitored"]
        except _DAMAGE:
            return None

    def _of(self, step: int) -> epath.Path:
        return self.directory / f"step-{step:010d}"

    def _check(self, found: Mapping[str, Sequence[Any]], like: Snapshot, directory: epath.Path) -> None:
        expected = _shapes(like)
        for owner in expected:
            theirs, ours = found.get(owner, []), expected[owner]
            pairs = enumerate(zip(theirs, ours, strict=False))
            different = next((f"variable {i} is {a}, not {b}" for i, (a, b) in pairs if a != b), None)
            if different is None and len(theirs) != len(ours):
                different = f"it has {len(theirs)} variables, not {len(ours)}"
            if different:
                raise CheckpointMismatchError(
                    f"A checkpoint must be of the same {owner}. Received: {directory}, of whose {owner} {different}. "
                    f"Go back to what it was written with, or delete {self.directory} to train from the start."
                )


def _shapes(snapshot: Snapshot) -> dict[str, list[str]]:
    """Type and shape of each variable, such as `float32[3, 3]`."""
    return {
        owner: [f"{tensor.dtype.name}{tensor.shape.as_list()}" for tensor in tensors]
        for owner, tensors in snapshot.tensors.items()
    }


def _key(owner: str, index: int) -> str:
    return f"{owner}/{index}/.ATTRIBUTES/VARIABLE_VALUE"
