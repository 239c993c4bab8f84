"""BulkInferrer's runtime: reads the shards of a source in parallel, and writes the predictions of each to one file."""

import gzip
import itertools
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import numpy as np

from components.bulk_inferrer.predictor import load_predictor, pushed_variant
from components.shard_reading import ShardReading, check_readings
from data.errors import DataError
from records.splits import split_folder
from records.stores import path_at
from tasks.loading import TaskSpec

BATCH_SIZE = 256


@dataclass(frozen=True)
class _Job:
    split: str
    shard: Any
    predictions: str
    findings: str


def write_predictions(
    *, task_spec: str, version: str, variant: str | None, splits: Sequence[str], uri: str, pipeline: beam.Pipeline
) -> dict[str, int]:
    """Writes what a pushed version predicts for all examples of the task's source.

    `uri`/Split-NAME/predictions-SHARD-of-COUNT.jsonl.gz has a line an example, in the source's order: `origin`, where a
    person finds the example, and `predictions`, what a client gets.

    Args:
      task_spec: JSON of the task that the version was trained for, with the options of the source that is read.
      version: directory of the pushed version.
      variant: name of one of its TFLite files, or `chosen`; None for its SavedModel.
      splits: names of the splits that are read.
      uri: directory for the files.
      pipeline: empty; is run.

    Returns:
      {split: number of examples}

    Raises:
      DataError: examples cannot be read, or predictions were lost on the way.
      SourceNotFoundError: the source is not there.
      VariantNotPushedError: the version has no such TFLite file.
    """
    task = TaskSpec.parse(task_spec)
    variant = pushed_variant(version, variant)
    source = task.source()
    jobs = [job for split in splits for job in _jobs(uri, split, source.shards(split))]
    with pipeline:
        (
            pipeline
            | beam.Create(jobs)
            | beam.Reshuffle()
            | beam.Map(_predict_shard, task_spec=task_spec, version=version, variant=variant)
        )
    counts, _ = check_readings([job.findings for job in jobs], allowed=task.allowed_unreadable())
    found = Counter(dict.fromkeys(splits, 0))
    for job, count in zip(jobs, counts, strict=True):
        _check_count(job.predictions, count)
        found[job.split] += count
    return dict(found)


def _jobs(uri: str, split: str, shards: Sequence[Any]) -> list[_Job]:
    """The jobs of a split, and the directories that they write to."""
    # Findings not beside the predictions, all files of which are taken for such.
    directories = path_at(uri) / split_folder(split), path_at(uri) / "reading"
    for directory in directories:
        directory.mkdir(parents=True, exist_ok=True)
    predictions, findings = directories
    return [
        _Job(
            split,
            shard,
            str(predictions / f"predictions-{number:05d}-of-{len(shards):05d}.jsonl.gz"),
            str(findings / f"{split}-{number:05d}.json"),
        )
        for number, shard in enumerate(shards)
    ]


def _predict_shard(job: _Job, *, task_spec: str, version: str, variant: str | None) -> None:
    predictor = load_predictor(version, variant, task_spec)
    reading = ShardReading(TaskSpec.parse(task_spec), job.shard)
    examples = reading.examples()
    with path_at(job.predictions).open("wb") as file, gzip.open(file, "wt") as lines:
        while batch := list(itertools.islice(examples, BATCH_SIZE)):
            predicted = predictor.predict([example.SerializeToString() for _, example in batch])
            for row, (origin, _) in enumerate(batch):
                values = {name: _plain(array[row]) for name, array in predicted.items()}
                lines.write(json.dumps({"origin": origin, "predictions": values}) + "\n")
    reading.write(job.findings)


def _check_count(path: str, count: int) -> None:
    """Raises DataError where a file has not as many lines as its shard has examples."""
    with path_at(path).open("rb") as file, gzip.open(file, "rb") as lines:
        found = sum(1 for _ in lines)
    if found != count:
        raise DataError(
            f"every example must have its prediction. Received: {found} predictions for {count} examples in {path}. "
            f"Run again; if it stays so, choose another of Beam's runners."
        )


def _plain(value: Any) -> Any:
    """A value of an array as JSON has it."""
    if isinstance(value, np.ndarray):
        return [_plain(each) for each in value]
    return value.decode() if isinstance(value, bytes) else value.item()
