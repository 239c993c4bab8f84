"""Checkpoints on disk: written by a thread of their own, whole or not at all, the last and the best kept."""

import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import tensorflow as tf
from etils import epath

from training.errors import CheckpointMismatchError, CheckpointWriteError
from training.snapshot import Snapshot

STATE_FILE = "state.json"
TENSORS = "tensors"
# A run of another layout must not be read as one of this.
LAYOUT = 1


class CheckpointStore:
    """A directory of checkpoints, `step-NNNNNNNNNN/`, each a TensorFlow checkpoint and a `state.json`.

    `state.json` is placed last: a directory without one is what an interrupted write left, and is ignored.
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
        self._writing: threading.Thread | None = None
        self._failure: BaseException | None = None

    def steps(self) -> list[int]:
        """The steps of the whole checkpoints, rising."""
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

    def load(self, like: Snapshot, *, step: int | None = None) -> Snapshot:
        """Reads a checkpoint, the last or that of `step`.

        Args:
          like: of the training that will go on from it; says what must be there.
          step: which.

        Raises:
          CheckpointMismatchError: it holds other variables.
          FileNotFoundError: there is none.
        """
        self.wait()
        steps = self.steps()
        if not steps or (step is not None and step not in steps):
            raise FileNotFoundError(f"No checkpoint of step {step or 'any'} in {self.directory}. Received: {steps}")
        directory = self._of(step if step is not None else steps[-1])
        record = json.loads((directory / STATE_FILE).read_text())
        if record["layout"] != LAYOUT:
            raise CheckpointMismatchError(
                f"Checkpoints must have layout {LAYOUT}. Received: layout {record['layout']} in {directory}. Delete "
                f"{self.directory} to train from the start."
            )
        self._check(record["shapes"], like, directory)
        reader = tf.train.load_checkpoint(str(directory / TENSORS))
        tensors = {
            owner: [tf.constant(reader.get_tensor(_key(owner, index))) for index in range(len(shapes))]
            for owner, shapes in record["shapes"].items()
        }
        return Snapshot(tensors=tensors, state=record["state"], is_finite=True)

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
            self._prune()
        except BaseException as failure:
            self._failure = failure
            try:
                directory.rmtree(missing_ok=True)
            except OSError:
                # Left without a state.json, it counts for nothing.
                return

    def _prune(self) -> None:
        steps = self.steps()
        monitored = {step: json.loads((self._of(step) / STATE_FILE).read_text())["monitored"] for step in steps}
        ranked = sorted((value, step) for step, value in monitored.items() if value is not None)
        kept = {*steps[-self.keep_last :], *(step for _, step in ranked[: self.keep_best])}
        for step in steps:
            if step not in kept:
                # First what makes it whole: half a removal leaves nothing that could be read.
                (self._of(step) / STATE_FILE).unlink()
                self._of(step).rmtree()

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
