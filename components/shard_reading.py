"""What reading the shards of a source finds: how many examples each has, and which could not be read.

A worker writes what is wrong rather than raising it: a person wants to see it all at once, and Beam wraps what a worker
raises beyond recognition.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import tensorflow as tf

from data.errors import DataError
from data.unreadable import leave_out
from records.stores import path_at
from tasks.base import Task


class ShardReading:
    """One shard of a task's source."""

    def __init__(self, task: Task, shard: Any) -> None:
        """Args:
        task: whose source has the shard.
        shard: None for one without examples.
        """
        self._num_good = 0
        self._task = task
        self._shard = shard
        self._defects: list[str] = []
        self._broken = ""

    def examples(self) -> Iterator[tuple[str, tf.train.Example]]:
        """Yields (origin, example) of the good ones, in the source's order."""
        try:
            for origin, example in self._task.source().examples(self._shard) if self._shard is not None else ():
                if isinstance(example, DataError):
                    self._defects.append(f"{origin}: {example}")
                elif defect := self._task.example_defect(example):
                    self._defects.append(f"{origin}: {defect}")
                else:
                    self._num_good += 1
                    yield origin, example
        except DataError as error:
            self._broken = str(error)

    def write(self, path: str) -> None:
        """Writes what was found to a JSON file, once all examples were yielded."""
        found = {"good": self._num_good, "defects": self._defects, "broken": self._broken}
        path_at(path).write_text(json.dumps(found))


def check_readings(paths: Sequence[str], *, allowed: float) -> tuple[list[int], list[str]]:
    """The number of good examples of each shard, and what is wrong with the examples that were left out.

    Args:
      paths: files of all shards, as `ShardReading.write` writes them.
      allowed: largest share of unreadable examples.

    Raises:
      DataError: a shard was not read to its end, or more examples are unreadable than is allowed.
    """
    lost = [path for path in paths if not path_at(path).exists()]
    if lost:
        raise DataError(
            f"every shard of the source must be read. Received: {len(lost)} of {len(paths)} that Beam's runner lost "
            f"without an error, the first for {lost[0]}. Run again; if it stays so, choose another runner."
        )
    found = [json.loads(path_at(path).read_text()) for path in paths]
    broken = [each["broken"] for each in found if each["broken"]]
    defects = [defect for each in found for defect in each["defects"]]
    counts = [each["good"] for each in found]
    # How many are lost behind a place where reading broke off, nobody knows.
    total = sum(counts) + len(defects) + len(broken)
    leave_out([*broken, *defects], total=total, allowed=0.0 if broken else allowed)
    return counts, defects
