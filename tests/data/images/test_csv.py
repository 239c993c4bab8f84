import numpy as np
import pytest
from PIL import Image

from data.errors import DataError, SourceNotFoundError
from data.images.csv import ImageCSV
from data.source import SPLITS, LabelledImages

LINES = [("a.png", "cat", "train"), ("sub/b.png", "dog", "eval"), ("c.png", "cat", "test"), ("d.png", "ant", "train")]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sub").mkdir()
    for number, (path, _, _) in enumerate(LINES):
        Image.fromarray(np.full((2, 2), number, np.uint8)).save(tmp_path / path)
    return tmp_path


def _source(folder, text: str = "", **options) -> ImageCSV:
    lines = text or "".join(f"{path},{label},{split}\n" for path, label, split in LINES)
    (folder / "images.csv").write_text("path,label,split\n" + lines)
    return ImageCSV(**{"kind": "image_csv", "file": folder / "images.csv", **options})


def _origins(source: ImageCSV) -> dict[str, list[str]]:
    return {s: [o for shard in source.shards(s) for o, _ in source.examples(shard)] for s in SPLITS}


def test_lines_go_where_their_split_says(folder):
    source = _source(folder, split_column="split")
    assert isinstance(source, LabelledImages)
    assert source.class_names() == ("ant", "cat", "dog")
    assert _origins(source) == {
        "train": ["images.csv line 2, a.png", "images.csv line 5, d.png"],
        "eval": ["images.csv line 3, sub/b.png"],
        "test": ["images.csv line 4, c.png"],
    }
    [shard] = source.shards("train")
    labels = [example.features.feature["label"].int64_list.value[0] for _, example in source.examples(shard)]
    assert labels == [1, 0]


def test_without_a_column_they_are_dealt(folder):
    found = _origins(_source(folder))
    assert sorted(origin for split in found.values() for origin in split) == sorted(
        f"images.csv line {number + 2}, {path}" for number, (path, _, _) in enumerate(LINES)
    )


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("a.png,cat,validation\n", {"split_column": "split"}, r"line 2: a split must be .*Received: 'validation'"),
        ("a.png,,train\n", {}, r"line 2: a line must have a path and a label"),
        ("a.png,cat,train\nc.png,cow,train\n", {"classes": ("cat", "dog")}, r"line 3: .*Received: 'cow'"),
        ("a.png,cat,train\n", {"label_column": "class"}, r"must have the column class\. Received: path, label, split"),
    ],
)
def test_lines_that_are_wrong(folder, text, options, message):
    with pytest.raises(DataError, match=message):
        _source(folder, text, **options).shards("train")


def test_an_image_that_is_not_there_stands_among_those_that_are(folder):
    source = _source(folder, "none.png,cat,train\na.png,cat,train\n", split_column="split")
    (origin, defect), (_, example) = source.examples(source.shards("train")[0])
    assert origin == "images.csv line 2, none.png"
    assert isinstance(defect, DataError)
    assert "an image must be readable (No such file or directory)" in str(defect)
    assert example.features.feature["label"].int64_list.value[0] == 0
    assert source.overview().notes[0] == "1 of the files that it names are not there"


def test_rows_and_images_of_each_class_are_counted(folder):
    overview = _source(folder, split_column="split").overview()
    assert overview.facts["file"] == f"{folder / 'images.csv'}, 4 rows"
    assert overview.facts["columns"] == "path, label, split"
    assert overview.rows == (("ant", 1, 0, 0), ("cat", 1, 0, 1), ("dog", 0, 1, 0), ("all", 2, 1, 1))


def test_a_file_that_is_not_there_or_empty(folder):
    with pytest.raises(SourceNotFoundError, match=r"readable CSV file\. Received: .*none\.csv"):
        ImageCSV(kind="image_csv", file=folder / "none.csv").class_names()
    (folder / "empty.csv").write_text("path,label\n")
    with pytest.raises(SourceNotFoundError, match="no line below its header"):
        ImageCSV(kind="image_csv", file=folder / "empty.csv").class_names()


@pytest.mark.parametrize(("label", "message"), [(b"caf\xe9", "can't decode byte 0xe9"), (b"c\0t", "line contains NUL")])
def test_what_is_no_csv_in_utf8(folder, label, message):
    (folder / "images.csv").write_bytes(b"path,label\na.png," + label + b"\n")
    with pytest.raises(DataError, match=rf"must be CSV in UTF-8\. Received: .*{message}.*Save it anew"):
        ImageCSV(kind="image_csv", file=folder / "images.csv").class_names()


def test_the_fingerprint_follows_lines_and_images(folder):
    before = _source(folder).fingerprint()
    assert _source(folder).fingerprint() == before
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(folder / "a.png")
    changed = _source(folder).fingerprint()
    assert changed != before
    assert _source(folder, "a.png,cat,train\n").fingerprint() != changed
