"""ExampleGen's runtime: reads the shards of a source in parallel and writes one file a shard."""

import json
import os
from collections.abc import Hashable
from typing import Any

import apache_beam as beam
import tensorflow as tf
from etils import epath
from tfx.components.util import examples_utils
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils, standard_artifacts

from components.example_gen.repairs import write_repairs
from data.errors import DataError
from data.source import SPLITS
from tasks.loading import TaskSpec

NUM_DEFECTS_SHOWN = 5


def generate(*, task_spec: str, examples: standard_artifacts.Examples, pipeline: beam.Pipeline) -> None:
    """Writes gzipped TFRecord files under `examples.uri`/Split-NAME.

    Raises:
      DataError: examples cannot be read; names the first ones.
    """
    task = TaskSpec.parse(task_spec)
    source = task.source()
    jobs: list[tuple[str, Hashable]] = []
    for split in SPLITS:
        shards = source.shards(split)
        directory = os.path.join(examples.uri, f"Split-{split}")
        epath.Path(directory).mkdir(parents=True, exist_ok=True)
        # A split without shards gets one empty file, so that it is the data gate that speaks of it.
        count = max(1, len(shards))
        for index, shard in enumerate(shards or [None]):
            jobs.append((os.path.join(directory, f"data_tfrecord-{index:05d}-of-{count:05d}.gz"), shard))
    with pipeline:
        pipeline | beam.Create(jobs) | beam.Reshuffle() | beam.Map(_write_shard, task_spec=task_spec)
    _raise_for_defects([path for path, _ in jobs])
    write_repairs(examples.uri, task.repairs())
    examples.split_names = artifact_utils.encode_split_names(list(SPLITS))
    examples_utils.set_payload_format(examples, example_gen_pb2.PayloadFormat.FORMAT_TF_EXAMPLE)


def _write_shard(job: tuple[str, Any], *, task_spec: str) -> None:
    """Writes one file. Defects are written beside it rather than raised: a person wants to see them all at once, and
    Beam wraps what a worker raises beyond recognition."""
    path, shard = job
    task = TaskSpec.parse(task_spec)
    defects = []
    with tf.io.TFRecordWriter(path, options="GZIP") as writer:
        try:
            for origin, example in task.source().examples(shard) if shard is not None else ():
                defect = task.example_defect(example)
                if defect:
                    defects.append(f"{origin}: {defect}")
                else:
                    writer.write(example.SerializeToString(deterministic=True))
        except DataError as error:
            defects.append(str(error))
    if defects:
        epath.Path(_defects_path(path)).write_text(json.dumps(defects))


def _defects_path(path: str) -> str:
    return f"{path}.defects.json"


def _raise_for_defects(paths: list[str]) -> None:
    files = [epath.Path(_defects_path(path)) for path in paths]
    defects = [defect for file in files if file.exists() for defect in json.loads(file.read_text())]
    if defects:
        shown = "\n  ".join(defects[:NUM_DEFECTS_SHOWN])
        more = f"\n  and {len(defects) - NUM_DEFECTS_SHOWN} more" if len(defects) > NUM_DEFECTS_SHOWN else ""
        raise DataError(
            f"every example of the source must be readable. Received {len(defects)} that are not:\n  {shown}{more}\n"
            f"  Repair or remove them."
        )
