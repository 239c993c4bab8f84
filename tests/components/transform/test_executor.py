import apache_beam as beam
import pytest
import tensorflow as tf
from tfx.components.transform import executor
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.types import standard_artifacts

from components.transform.executor import Executor, RowsLostError, count_rows
from records.rows import write_rows
from tests.components.points import POINTS_CM


def _write(path, count: int) -> str:
    with tf.io.TFRecordWriter(str(path), options="GZIP") as writer:
        for number in range(count):
            writer.write(b"%d" % number)
    return str(path)


def test_rows_of_all_files_of_a_split_are_counted(tmp_path):
    files = [("train", _write(tmp_path / "a", 3)), ("eval", _write(tmp_path / "b", 0))]
    files.append(("train", _write(tmp_path / "c", 5)))
    assert count_rows(beam.Pipeline(), files, place=str(tmp_path / "counts")) == {"train": 8, "eval": 0}


@pytest.fixture
def count(points, tmp_path, monkeypatch):
    """Counts what Transform has written of Points, as if ExampleGen had written so many rows."""
    monkeypatch.setattr(executor.Executor, "Do", lambda *arguments: None)
    raw = standard_artifacts.Examples()
    raw.uri = str(tmp_path)

    def count(written: dict[str, int]) -> None:
        if written:
            write_rows(raw.uri, written)
        context = BaseBeamExecutor.Context(tmp_dir=str(tmp_path), unique_id="1")
        outputs = {"transformed_examples": [points.transformed_examples]}
        Executor(context).Do({"examples": [raw]}, outputs, {})

    return count


@pytest.mark.parametrize("written", [{"train": len(POINTS_CM), "test": len(POINTS_CM)}, {}])
def test_where_each_row_is_there_the_step_is_done(count, written):
    count(written)


@pytest.mark.parametrize("more", [1, -1])
def test_lost_and_doubled_rows_end_it(count, more):
    with pytest.raises(RowsLostError, match=rf"Received: 8 rows of split eval, where ExampleGen wrote {8 + more}\."):
        count({"train": len(POINTS_CM), "eval": len(POINTS_CM) + more})


def test_a_split_of_which_nothing_is_there_lost_all(count):
    with pytest.raises(RowsLostError, match=r"Received: 0 rows of split extra, where ExampleGen wrote 1,000\."):
        count({"extra": 1000})
