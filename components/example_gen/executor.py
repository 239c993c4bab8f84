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

from components.shard_reading import ShardReading, check_readings
from data.source import SPLITS, HasReading, Source
from data.spans import HasSpans
from data.unreadable import UNREADABLE
from records.properties import SPAN, SPANS, VERSION
from records.repairs import write_repairs
from records.rows import write_rows
from records.splits import split_folder
from tasks.loading import TaskSpec


def generate(*, task_spec: str, examples: standard_artifacts.Examples, pipeline: beam.Pipeline) -> None:
    """Writes gzipped TFRecord files under `examples.uri`/Split-NAME.

    Raises:
      DataError: examples cannot be read; names the first ones.
    """
    task = TaskSpec.parse(task_spec)
    source = task.source()
    jobs: list[tuple[str, str, Hashable]] = []
    splits: list[str] = []
    # Not in a split's directory, all files of which are taken for examples.
    findings = os.path.join(examples.uri, "reading")
    epath.Path(findings).mkdir(parents=True, exist_ok=True)
    for split in SPLITS:
        shards = source.shards(split)
        directory = os.path.join(examples.uri, split_folder(split))
        epath.Path(directory).mkdir(parents=True, exist_ok=True)
        # A split without shards gets one empty file, so that it is the data gate that speaks of it.
        count = max(1, len(shards))
        for index, shard in enumerate(shards or [None]):
            path = os.path.join(directory, f"data_tfrecord-{index:05d}-of-{count:05d}.gz")
            jobs.append((path, os.path.join(findings, f"{split}-{index:05d}.json"), shard))
            splits.append(split)
    reading = source.reading() if isinstance(source, HasReading) else None
    with pipeline:
        made = pipeline | beam.Create(jobs)
        if reading is None:
            made | beam.Reshuffle() | beam.Map(_write_shard, task_spec=task_spec)
        else:
            of_shards = made | beam.Map(_by_shard)
            records = pipeline | "Read" >> reading
            {"job": of_shards, "records": records} | beam.CoGroupByKey() | beam.Map(_write_brought, task_spec=task_spec)
    counts, defects = check_readings([findings for _, findings, _ in jobs], allowed=task.allowed_unreadable())
    rows = dict.fromkeys(SPLITS, 0)
    for split, count in zip(splits, counts, strict=True):
        rows[split] += count
    write_rows(examples.uri, rows)
    write_repairs(examples.uri, {**task.repairs(), **({UNREADABLE: len(defects)} if defects else {})})
    examples.split_names = artifact_utils.encode_split_names(list(SPLITS))
    examples_utils.set_payload_format(examples, example_gen_pb2.PayloadFormat.FORMAT_TF_EXAMPLE)
    _write_spans(source, examples)


def _write_spans(source: Source, examples: standard_artifacts.Examples) -> None:
    """Tells ML Metadata which spans were read, as the driver of TFX's ExampleGen does."""
    spans = source.spans() if isinstance(source, HasSpans) else {}
    if not spans:
        return
    newest = max(spans)
    examples.set_int_custom_property(SPAN, newest)
    if (version := spans[newest]) is not None:
        examples.set_int_custom_property(VERSION, version)
    examples.set_string_custom_property(SPANS, json.dumps(spans))


def _by_shard(job: tuple[str, str, Any]) -> tuple[Any, Any]:
    path, findings, shard = job
    return shard, (path, findings)


def _write_brought(brought: tuple[Any, Any], *, task_spec: str) -> None:
    shard, found = brought
    [(path, findings)] = found["job"]
    source = TaskSpec.parse(task_spec).source()
    assert isinstance(source, HasReading)
    _write_shard((path, findings, source.brought(shard, list(found["records"]))), task_spec=task_spec)


def _write_shard(job: tuple[str, str, Any], *, task_spec: str) -> None:
    path, findings, shard = job
    reading = ShardReading(TaskSpec.parse(task_spec), shard)
    with tf.io.TFRecordWriter(path, options="GZIP") as writer:
        for _, example in reading.examples():
            writer.write(example.SerializeToString(deterministic=True))
    reading.write(findings)
