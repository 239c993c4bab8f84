"""The examples that Transform wrote, as a task reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from records.splits import split_folder
from tasks.base import Task

# Train examples that are read for calibration at the most; the sample is drawn from these.
CALIBRATION_POOL = 8192
CALIBRATION_BATCH_SIZE = 256


@dataclass(frozen=True, kw_only=True)
class TransformedData:
    """The transformed examples of a task.

    Attributes:
      task: the task that reads them.
      directory: directory of an Examples artifact, with one for each split in it.
      feature_spec: parsing spec of the transformed features.
    """

    task: Task
    directory: str
    feature_spec: Mapping[str, Any]

    def files(self, split: str) -> list[str]:
        """Patterns of a split's files."""
        return [f"{self.directory}/{split_folder(split)}/*"]

    def evaluation(self, batch_size: int) -> tf.data.Dataset:
        """Batches of the eval split."""
        return self.task.batches(self.files("eval"), feature_spec=self.feature_spec, batch_size=batch_size)

    def calibration_sample(self, size: int) -> dict[str, np.ndarray]:
        """The task's representative sample of the train split's model inputs, `{input: [example, ...]}`."""
        batches = self.task.batches(
            self.files("train"), feature_spec=self.feature_spec, batch_size=CALIBRATION_BATCH_SIZE
        ).take(CALIBRATION_POOL // CALIBRATION_BATCH_SIZE)
        pool = [inputs for inputs, _ in batches.as_numpy_iterator()]
        inputs = {name: np.concatenate([batch[name] for batch in pool]) for name in pool[0]}
        return self.task.representative_sample(inputs, size)
