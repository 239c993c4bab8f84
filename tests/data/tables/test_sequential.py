"""Avro files and TFRecord files of tf.Examples, as other systems write them."""

import datetime
import gzip

import fastavro
import pytest
import tensorflow as tf

from data.errors import DataError
from data.source import SPLITS
from data.tables.avro import AvroTable
from data.tables.survey import survey
from data.tables.tfrecord import TFRecordTable

SCHEMA = {
    "type": "record",
    "name": "trip",
    "fields": [
        {"name": "miles", "type": ["null", "double"]},
        {"name": "town", "type": "string"},
        {"name": "is_far", "type": "boolean"},
        {"name": "when", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
    ],
}
ZONE = datetime.timezone.utc  # noqa: UP017 - as fastavro names it
WHEN = datetime.datetime(2024, 2, 29, 23, 30, tzinfo=ZONE)


def _trips(count: int = 40) -> list[dict]:
    return [
        {
            "miles": None if place == 1 else place / 2,
            "town": "Oslo" if place % 2 else "Rome",
            "is_far": place > 5,
            "when": WHEN,
            "tags": ["a", "b"],
        }
        for place in range(count)
    ]


def _avro(path, rows, schema=SCHEMA) -> None:
    with path.open("wb") as file:
        fastavro.writer(file, schema, rows, codec="deflate")


def _tfrecord(path, rows: list[dict]) -> None:
    with tf.io.TFRecordWriter(str(path), options="GZIP" if path.suffix == ".gz" else "") as writer:
        for row in rows:
            example = tf.train.Example()
            for name, values in row.items():
                kind = {float: "float_list", int: "int64_list", bytes: "bytes_list"}[type(values[0])]
                getattr(example.features.feature[name], kind).value.extend(values)
            writer.write(example.SerializeToString())


def _read(table) -> dict[str, dict]:
    return {origin: row for split in SPLITS for shard in table.shards(split) for origin, row in table.rows(shard)}


def test_the_rows_of_an_avro_file(tmp_path):
    _avro(tmp_path / "trips.avro", _trips())
    table = AvroTable(kind="avro", file=tmp_path / "trips.avro")
    assert table.column_names() == ("miles", "town", "is_far", "when", "tags")
    rows = _read(table)
    assert [rows[f"trips.avro row {number + 1}"] for number in range(40)] == _trips()
    found = survey(table)
    assert (found.kind("miles"), found.kind("town"), found.kind("is_far")) == ("numeric", "categorical", "boolean")
    assert found.columns["miles"].missing == 1
    with pytest.raises(DataError, match="Received: datetime in when"):
        found.kind("when")


@pytest.mark.parametrize("name", ["rows.tfrecord", "rows.gz"])
def test_the_rows_of_a_tfrecord_file(tmp_path, name):
    rows = [{"x": [1.5], "town": [b"Oslo"], "tags": [b"a", b"b"]}, {"x": [float("nan")], "count": [3]}, {"x": [2.0]}]
    _tfrecord(tmp_path / name, rows)
    table = TFRecordTable(kind="tfrecord", file=tmp_path / name)
    assert table.column_names() == ("tags", "town", "x", "count")
    found = _read(table)
    assert [found[f"{name} row {number}"] for number in (1, 2, 3)] == [
        {"tags": ["a", "b"], "town": "Oslo", "x": 1.5, "count": None},
        {"tags": None, "town": None, "x": None, "count": 3},
        {"tags": None, "town": None, "x": 2.0, "count": None},
    ]
    few = TFRecordTable(kind="tfrecord", file=tmp_path / name, columns=("x",))
    assert _read(few)[f"{name} row 1"] == {"x": 1.5}


def test_bytes_that_are_no_text_are_told_with_their_row(tmp_path):
    _tfrecord(tmp_path / "rows.gz", [{"x": [b"a"]}, {"x": [b"\xff\xd8"]}])
    table = TFRecordTable(kind="tfrecord", file=tmp_path / "rows.gz")
    [defect] = [row for origin, row in table.all_rows() if origin == "rows.gz row 2"]
    with pytest.raises(DataError, match=r"a feature must hold text. .* Leave it out with options.source.columns"):
        raise defect


def test_a_file_that_is_cut_off(tmp_path):
    _tfrecord(tmp_path / "rows.tfrecord", [{"x": [1.0]}] * 3)
    content = (tmp_path / "rows.tfrecord").read_bytes()
    (tmp_path / "rows.tfrecord").write_bytes(content[:-5])
    table = TFRecordTable(kind="tfrecord", file=tmp_path / "rows.tfrecord", columns=("x",))
    with pytest.raises(DataError, match=r"rows.tfrecord, after row 2: the file must be readable to its end"):
        list(table.all_rows())
    _avro(tmp_path / "trips.avro", _trips(4000))
    content = (tmp_path / "trips.avro").read_bytes()
    (tmp_path / "trips.avro").write_bytes(content[:-5])
    with pytest.raises(DataError, match=r"trips.avro, after row \d+: the file must be readable"):
        list(AvroTable(kind="avro", file=tmp_path / "trips.avro").all_rows())


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"", gzip.compress(b"", mtime=0)])
@pytest.mark.parametrize("kind", [AvroTable, TFRecordTable])
def test_a_file_that_is_none(tmp_path, kind, content):
    (tmp_path / "rows").write_bytes(content)
    table = kind(kind=kind.model_fields["kind"].annotation.__args__[0], file=tmp_path / "rows")
    with pytest.raises(DataError, match=r"rows must be an? .* Received: .*Write it anew"):
        table.column_names()


def test_an_avro_file_of_something_else_than_records(tmp_path):
    _avro(tmp_path / "rows.avro", ["a"], {"type": "string"})
    with pytest.raises(DataError, match=r"must be an Avro file of records. Received: values of type string"):
        AvroTable(kind="avro", file=tmp_path / "rows.avro").column_names()


def test_files_must_have_the_same_columns(tmp_path):
    _tfrecord(tmp_path / "one.gz", [{"a": [1], "b": [2]}])
    _tfrecord(tmp_path / "two.gz", [{"a": [1]}])
    files = {"train": [tmp_path / "one.gz", tmp_path / "two.gz"]}
    with pytest.raises(DataError, match=r"two.gz must have the columns of the other files.* without b"):
        list(TFRecordTable(kind="tfrecord", files=files).all_rows())
