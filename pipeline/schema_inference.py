"""A schema out of a task's source."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import tensorflow as tf

from components.shard_reading import ShardReading, check_readings
from data.schema.inference import Inferred, infer_schema
from tasks.base import Task
from tasks.raw_schema import raw_schema


def infer_train_schema(task: Task) -> Inferred:
    """The schema of the train split's examples; see `data.schema.inference`.

    Raises:
      DataError: examples cannot be read, or none are there.
    """
    with tempfile.TemporaryDirectory() as directory:
        reports = [
            (shard, str(Path(directory) / str(place))) for place, shard in enumerate(task.source().shards("train"))
        ]
        inferred = infer_schema(_examples(task, reports), known=raw_schema(task))
        check_readings([report for _, report in reports], allowed=task.allowed_unreadable())
    return inferred


def _examples(task: Task, reports: list[tuple[object, str]]) -> Iterator[tf.train.Example]:
    for shard, report in reports:
        reading = ShardReading(task, shard)
        for _, example in reading.examples():
            yield example
        reading.write(report)
