"""Transform's runtime."""

import os
from collections.abc import Iterable
from typing import Any

import apache_beam as beam
import tensorflow as tf
from etils import epath
from tfx import types
from tfx.components.transform import executor
from tfx.types import artifact_utils, standard_component_specs

from components.splits import split_files
from records.rows import read_rows


class RowsLostError(RuntimeError):
    """There are fewer or more rows after a step than before."""

    title = "Rows lost"
    exit_code = 1


class Executor(executor.Executor):
    """TFX's executor; what it wrote is counted, for a Beam engine may lose rows without an error."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Transforms, see TFX's Transform, and counts on the same engine.

        Raises:
          RowsLostError: a split does not have the rows that ExampleGen wrote.
        """
        super().Do(input_dict, output_dict, exec_properties)
        [raw] = input_dict[standard_component_specs.EXAMPLES_KEY]
        written = read_rows(raw.uri)
        transformed = artifact_utils.get_single_instance(output_dict[standard_component_specs.TRANSFORMED_EXAMPLES_KEY])
        files = [(split, file) for split in written for file in split_files(transformed, split)]
        counts = count_rows(self._make_beam_pipeline(), files, place=os.path.join(self._get_tmp_dir(), "rows"))
        for split, count in written.items():
            if counts.get(split, 0) != count:
                raise RowsLostError(
                    f"Transform must write each row that ExampleGen wrote. Received: {counts.get(split, 0):,} rows of "
                    f"split {split}, where ExampleGen wrote {count:,}. Run again; if it happens again, take another "
                    f"beam.engine or beam.mode."
                )


def count_rows(pipeline: beam.Pipeline, files: Iterable[tuple[str, str]], *, place: str) -> dict[str, int]:
    """Counts the records of files, by split.

    Args:
      pipeline: a new pipeline.
      files: split and path of each gzipped TFRecord file.
      place: directory that the engine's workers reach, for the counts.
    """
    epath.Path(place).mkdir(parents=True, exist_ok=True)
    with pipeline:
        (
            pipeline
            | beam.Create(list(files))
            | beam.Reshuffle()
            | beam.MapTuple(_count)
            | beam.CombinePerKey(sum)
            | beam.Map(_write, place=place)
        )
    return {path.name: int(path.read_text()) for path in epath.Path(place).iterdir()}


def _count(split: str, file: str) -> tuple[str, int]:
    records = tf.data.TFRecordDataset(file, compression_type="GZIP")
    return split, int(records.reduce(tf.constant(0, tf.int64), lambda count, record: count + 1))


def _write(counted: tuple[str, int], *, place: str) -> None:
    split, count = counted
    (epath.Path(place) / split).write_text(str(count))
