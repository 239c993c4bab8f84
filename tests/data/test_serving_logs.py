import gzip
import json

import pytest
import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2

from data.errors import DataError, SourceNotFoundError
from data.serving_logs import log_files, logged_examples, logs_fingerprint

SCHEMA = schema_pb2.Schema()
for _name, _kind in (("age", schema_pb2.FLOAT), ("colour", schema_pb2.BYTES), ("rooms", schema_pb2.INT)):
    SCHEMA.feature.add(name=_name, type=_kind)


def _features(example) -> dict:
    found = example.features.feature
    return {name: list(getattr(found[name], found[name].WhichOneof("kind")).value) for name in found}


def _write(path, *requests) -> str:
    path.write_text("".join(json.dumps(request) + "\n" for request in requests))
    return str(path)


def test_json_has_the_types_of_the_schema(tmp_path):
    logs = _write(tmp_path / "logs.jsonl", {"age": 3, "colour": "red", "rooms": [1, 2]}, {"age": None, "new": 1.5})
    assert list(map(_features, logged_examples(logs, SCHEMA))) == [
        {"age": [3.0], "colour": [b"red"], "rooms": [1, 2]},
        {"new": [1.5]},
    ]


def test_a_value_of_another_type_is_left_for_the_schema_to_find(tmp_path):
    logs = _write(tmp_path / "logs.jsonl", {"age": "old", "rooms": 1.5, "colour": 7})
    assert list(map(_features, logged_examples(logs, SCHEMA))) == [{"age": [b"old"], "rooms": [1.5], "colour": [7]}]


@pytest.mark.parametrize("compression", ["", "GZIP"])
def test_records_are_examples(tmp_path, compression):
    example = tf.train.Example()
    example.features.feature["age"].float_list.value.append(3.0)
    name = "logs.tfrecord" + (".gz" if compression else "")
    with tf.io.TFRecordWriter(str(tmp_path / name), options=compression) as writer:
        writer.write(example.SerializeToString())
    assert list(logged_examples(str(tmp_path), SCHEMA)) == [example]


def test_a_folder_s_files_are_read_in_order_and_others_passed_over(tmp_path):
    _write(tmp_path / "b.jsonl", {"age": 2})
    with gzip.open(tmp_path / "a.ndjson.gz", "wt") as file:
        file.write('{"age": 1}\n\n')
    (tmp_path / "readme.txt").write_text("not read")
    assert [_features(example)["age"] for example in logged_examples(str(tmp_path), SCHEMA)] == [[1.0], [2.0]]


def test_logs_that_are_not_there_are_refused(tmp_path):
    with pytest.raises(SourceNotFoundError, match=r"Received: .*gone\.jsonl, which is not there"):
        logs_fingerprint(str(tmp_path / "gone.jsonl"))


def test_a_folder_without_logs_is_refused(tmp_path):
    (tmp_path / "readme.txt").write_text("")
    with pytest.raises(SourceNotFoundError, match="where there is no such file"):
        log_files(str(tmp_path))


def test_empty_logs_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"must hold one request at least\. Received: none in"):
        list(logged_examples(_write(tmp_path / "logs.jsonl"), SCHEMA))


@pytest.mark.parametrize("line", ["[1]", "{", '{"age": {"years": 3}}', '{"rooms": 99999999999999999999}'])
def test_a_line_that_is_no_request_is_named(tmp_path, line):
    (tmp_path / "logs.jsonl").write_text('{"age": 1}\n' + line + "\n")
    with pytest.raises(DataError, match=r"logs\.jsonl, line 2: "):
        list(logged_examples(str(tmp_path / "logs.jsonl"), SCHEMA))


def test_what_is_no_record_is_named(tmp_path):
    (tmp_path / "logs.tfrecord").write_text("no record, but a text")
    with pytest.raises(DataError, match=r"logs\.tfrecord must hold tf\.Examples"):
        list(logged_examples(str(tmp_path), SCHEMA))


def test_other_files_have_another_fingerprint(tmp_path):
    logs = _write(tmp_path / "logs.jsonl", {"age": 1})
    before = logs_fingerprint(logs)
    assert logs_fingerprint(logs) == before
    _write(tmp_path / "logs.jsonl", {"age": 1}, {"age": 2})
    assert logs_fingerprint(logs) != before
