import base64
import json

import numpy as np
import pytest
import tensorflow as tf

from serving.client.inputs import Row, as_examples, as_tensors, read_rows
from serving.tensor_info import ModelInputError


def row(**values) -> Row:
    return Row(origin="file:1", values=values)


def test_lines_and_images_in_the_order_of_the_patterns(tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"x": 1}\n\n{"x": 2}\n')
    for name in ("b", "a"):
        (tmp_path / f"{name}.png").write_bytes(name.encode())
    rows = list(read_rows([str(tmp_path / "*.png"), str(tmp_path / "rows.jsonl")], image_feature="pixels"))
    assert [one.origin.removeprefix(f"{tmp_path}/") for one in rows] == [
        "a.png",
        "b.png",
        "rows.jsonl:1",
        "rows.jsonl:3",
    ]
    assert base64.b64decode(rows[0].values["pixels"]["b64"]) == b"a"
    assert rows[3].values == {"x": 2}


@pytest.mark.parametrize(("text", "message"), [("{", "must be JSON"), ("[1]", "must be a JSON object")])
def test_a_line_that_is_no_object_is_named(tmp_path, text, message):
    (tmp_path / "rows.jsonl").write_text(f'{{"x": 1}}\n{text}\n')
    with pytest.raises(ModelInputError, match=f"{message}.*rows.jsonl:2"):
        list(read_rows([str(tmp_path / "rows.jsonl")], image_feature="image"))


def test_a_pattern_without_a_file_is_named(tmp_path):
    with pytest.raises(ModelInputError, match=r"\*\.png, which fits none"):
        list(read_rows([str(tmp_path / "*.png")], image_feature="image"))


def test_values_become_features_of_their_type():
    [serialized] = as_examples(
        [row(count=[1, 2], share=0.5, mixed=[1, 0.5], name="ä", image={"b64": "/w=="}, missing=None)]
    )
    spec = {
        "count": tf.io.FixedLenFeature([2], tf.int64),
        "share": tf.io.FixedLenFeature([], tf.float32),
        "mixed": tf.io.FixedLenFeature([2], tf.float32),
        "name": tf.io.FixedLenFeature([], tf.string),
        "image": tf.io.FixedLenFeature([], tf.string),
    }
    parsed = {name: value.numpy() for name, value in tf.io.parse_single_example(serialized, spec).items()}
    assert parsed["count"].tolist() == [1, 2]
    assert parsed["share"] == 0.5
    assert parsed["mixed"].tolist() == [1.0, 0.5]
    assert (parsed["name"], parsed["image"]) == ("ä".encode(), b"\xff")
    assert set(tf.train.Example.FromString(serialized).features.feature) == set(spec)


@pytest.mark.parametrize("value", [{"a": 1}, [1, "a"], [[1]]])
def test_what_is_no_feature_is_named(value):
    with pytest.raises(ModelInputError, match=r"Received: x=.*at file:1"):
        as_examples([row(x=value)])


def test_broken_base64_is_named():
    with pytest.raises(ModelInputError, match="must be base64"):
        as_examples([row(x={"b64": "?"})])


def test_rows_become_tensors():
    tensors = as_tensors([row(x=[[1.5, 2]], name="a"), row(x=[[3, 4]], name="b")])
    assert tensors["x"].shape == (2, 1, 2)
    assert tensors["name"].dtype == object
    assert tensors["name"].tolist() == [b"a", b"b"]


def test_rows_that_differ_are_named():
    with pytest.raises(ModelInputError, match=r"same inputs \(x\)\. Received: y, at file:1"):
        as_tensors([row(x=1), row(y=1)])
    with pytest.raises(ModelInputError, match=r"one shape\. Received: several of x"):
        as_tensors([row(x=[1]), row(x=[1, 2])])


def test_a_row_is_json_as_the_server_takes_it():
    assert json.loads(json.dumps(as_tensors([row(x=1)])["x"].tolist())) == [1]
    assert isinstance(as_tensors([row(x=1)])["x"], np.ndarray)
