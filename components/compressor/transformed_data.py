"""What Transform wrote, as a task reads it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from tasks.base import Task


@dataclass(frozen=True, kw_only=True)
class TransformedData:
    """The transformed examples of a task."""

    task: Task
    directory: str
    feature_spec: Mapping[str, Any]

    def files(self, split: str) -> list[str]:
        """Patterns of a split's files."""
        return [os.path.join(self.directory, f"Split-{split}", "*")]

    def evaluation(self, batch_size: int) -> tf.data.Dataset:
        """Batches of the eval split."""
        return self.task.batches(self.files("eval"), feature_spec=self.feature_spec, batch_size=batch_size)
