"""Sources read the same from an object store as from this machine."""

import time

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from etils import epath

from data.files import each_file, files_below, join, stamp
from data.images.csv import ImageCSV
from data.images.folder import ImageFolder
from data.images.idx_images import IDXImages
from data.series.file import SeriesFile
from data.source import SPLITS
from data.tables.csv_file import CSVTable
from data.tables.parquet import ParquetTable
from records.stores import path_at
from tests.data.idx_files import write_dataset
from tests.object_stores.places import fresh_folder, upload


def _write_folder(folder):
    for label, name in enumerate(("cat", "dog")):
        for index in range(20):
            path = folder / name / ("more" if index % 2 else "") / f"{index}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(tf.io.encode_png(tf.fill([4, 4, 1], tf.constant(10 * index + label, tf.uint8))).numpy())
    (folder / "dog" / "notes.txt").write_text("not an image")


def _write_csv(folder):
    _write_folder(folder)
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.png"))]
    (folder / "images.csv").write_text("path,label\n" + "".join(f"{name},{name[:3]}\n" for name in names))


SOURCES = {
    "image_folder": (_write_folder, lambda place: ImageFolder(kind="image_folder", directory=place)),
    "image_csv": (_write_csv, lambda place: ImageCSV(kind="image_csv", file=f"{place}/images.csv")),
    "idx": (write_dataset, lambda place: IDXImages(kind="idx", directory=place, classes=("a", "b"))),
}


def _read_split(source, split):
    return [(name, each.SerializeToString()) for shard in source.shards(split) for name, each in source.examples(shard)]


def _read(source):
    return {split: _read_split(source, split) for split in SPLITS}


@pytest.mark.parametrize("kind", SOURCES)
def test_images_are_the_same_as_on_this_machine(kind, store, tmp_path):
    write, make = SOURCES[kind]
    write(tmp_path)
    upload(tmp_path, store)
    here, there = make(tmp_path), make(store)
    found = _read(there)
    assert found == _read(here)
    assert sum(map(len, found.values())) > 30
    assert there.class_counts() == here.class_counts()
    assert there.overview().rows == here.overview().rows
    assert there.overview().notes == here.overview().notes
    assert store in str(there.overview().facts)
    # As steps get it.
    assert type(there).model_validate_json(there.model_dump_json()) == there


@pytest.mark.parametrize(
    ("kind", "file"), [("image_folder", "dog/2.png"), ("image_csv", "dog/2.png"), ("idx", "train-labels-idx1-ubyte.gz")]
)
def test_the_fingerprint_is_that_of_the_files_there(kind, file, store, tmp_path):
    write, make = SOURCES[kind]
    write(tmp_path)
    upload(tmp_path, store)
    before = make(store).fingerprint()
    assert make(store).fingerprint() == before
    with (tmp_path / file).open("ab") as stream:
        stream.write(b"more")
    upload(tmp_path, store)
    assert make(store).fingerprint() != before


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_series_are_the_same_as_on_this_machine(suffix, store, tmp_path):
    frame = pd.DataFrame({"date": pd.date_range("2020-01-01", periods=4, freq="1h"), "load": [1.0, 2.0, np.nan, 4.0]})
    path = tmp_path / f"plant.{suffix}"
    frame.to_csv(path, index=False) if suffix == "csv" else frame.to_parquet(path)
    upload(tmp_path, store)
    source = SeriesFile(kind="series_file", file=f"{store}/{path.name}")
    [series] = source.read(longest_gap=4).series
    assert series.name == "plant"
    assert source.describe_step().startswith("1h")
    np.testing.assert_equal(series.values[:, 0], np.float32([1, 2, np.nan, 4]))
    before = source.fingerprint()
    path_at(f"{store}/{path.name}").write_bytes(path.read_bytes() + b"\n")
    assert source.fingerprint() != before


@pytest.mark.parametrize("name", ["rows.csv", "rows.csv.gz", "rows.parquet"])
def test_tables_are_the_same_as_on_this_machine(name, store, tmp_path):
    frame = pd.DataFrame({"size": [1.5, np.nan, 3.0] * 20, "town": ["Oslo", "Rome", "Bonn"] * 20})
    path = tmp_path / name
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_csv(path, index=False)
    upload(tmp_path, store)
    kind = ParquetTable if path.suffix == ".parquet" else CSVTable
    here, there = (kind(kind=path.suffixes[0][1:], file=file) for file in (path, f"{store}/{name}"))
    found = {split: [list(there.rows(shard)) for shard in there.shards(split)] for split in SPLITS}
    assert found == {split: [list(here.rows(shard)) for shard in here.shards(split)] for split in SPLITS}
    assert sum(len(rows) for shards in found.values() for rows in shards) == 60
    before = there.fingerprint()
    path_at(f"{store}/{name}").write_bytes(path.read_bytes() + b"\n")
    assert there.fingerprint() != before


def test_a_list_on_this_machine_may_name_images_of_a_store(store, tmp_path):
    _write_csv(tmp_path)
    upload(tmp_path, store)
    here = ImageCSV(kind="image_csv", file=tmp_path / "images.csv")
    text = (tmp_path / "images.csv").read_text()
    (tmp_path / "there.csv").write_text(text.replace("cat/", f"{store}/cat/"))
    mixed = ImageCSV(kind="image_csv", file=tmp_path / "there.csv")
    images = [sorted(content for found in _read(source).values() for _, content in found) for source in (here, mixed)]
    assert images[0] == images[1]


def test_a_name_in_a_folder_may_be_an_address():
    assert str(join(epath.Path("/data"), "gs://bucket/a.png")) == "gs://bucket/a.png"
    assert str(join(epath.Path("/data"), "b/a.png")) == "/data/b/a.png"
    assert str(join(epath.Path("/data"), "/other/a.png")) == "/other/a.png"
    assert str(join(epath.Path("gs://bucket/x"), "a.png")) == "gs://bucket/x/a.png"


def test_files_are_listed_in_the_same_order_as_on_this_machine(store, tmp_path):
    for name in ("b.png", "b/c.png", "a/z/1.png", "a/z-1.png", "a/b", "c.PNG"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    upload(tmp_path, store)
    here = [path for path in files_below(epath.Path(tmp_path), [".png"]) if path.is_file()]
    there = files_below(path_at(store), [".png"])
    assert [str(path.relative_to(store)) for path in there] == [str(path.relative_to(tmp_path)) for path in here]


@pytest.mark.stores
@pytest.mark.parametrize("scheme", ["gs", "s3"])
def test_a_stamp_has_the_time_of_the_last_change(scheme):
    path = path_at(fresh_folder(scheme)) / "a"
    before_secs = int(time.time())
    path.write_text("text")
    size_bytes, changed_ns = stamp(path)
    assert size_bytes == 4
    assert before_secs - 1 <= changed_ns / 1e9 <= time.time() + 1


def test_what_is_not_there_has_no_stamp(store):
    with pytest.raises(FileNotFoundError):
        stamp(path_at(store) / "none")


def test_many_files_come_back_in_their_order(store):
    assert list(each_file(lambda number: number * 2, range(300), of=path_at(store))) == list(range(0, 600, 2))
