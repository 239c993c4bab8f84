from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.did_you_mean import closest, did_you_mean, did_you_mean_path
from data.errors import SourceNotFoundError
from data.images.csv import ImageCSV
from data.images.folder import ImageFolder
from data.images.idx_images import IDXImages
from data.images.tfrecord import TFRecords
from data.series.file import SeriesFile

KEYS = ("epochs", "batch_size", "learning_rate", "Trainer", "image_csv", "image_folder")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("epoch", "epochs"),
        ("batchsize", "batch_size"),
        ("TRAINER", "Trainer"),
        ("csv", "image_csv"),
        ("image", "image_csv"),
        ("zzz", None),
        ("im", None),
    ],
)
def test_the_closest_name_is_the_one_that_a_person_meant(name, meant):
    assert closest(name, KEYS) == meant


@given(st.sampled_from(KEYS), st.data())
def test_one_letter_too_few_is_still_understood(name, data):
    index = data.draw(st.integers(0, len(name) - 1))
    assert closest(name[:index] + name[index + 1 :], KEYS) == name


@given(st.text(), st.lists(st.text()))
def test_what_is_meant_is_a_known_name(name, known):
    assert closest(name, known) in (None, *known)


def test_a_message_ends_with_it():
    assert did_you_mean("epoch", KEYS) == " Did you mean epochs?"
    assert did_you_mean("zzz", KEYS) == did_you_mean("epochs", KEYS) == ""


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("pipelin.yaml", "pipeline.yaml"),
        ("imags/cats", "images/cats"),
        # What would be meant is not there either.
        ("imags/dogs", None),
        ("zzz", None),
        ("images/cats", None),
    ],
)
def test_a_path_is_corrected_where_it_first_leads_nowhere(tmp_path, path, meant):
    (tmp_path / "images" / "cats").mkdir(parents=True)
    (tmp_path / "pipeline.yaml").touch()
    assert did_you_mean_path(tmp_path / path) == (f" Did you mean {tmp_path / meant}?" if meant else "")


def test_a_relative_path_stays_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("pipeline.yaml").touch()
    assert did_you_mean_path(Path("pipelin.yaml")) == " Did you mean pipeline.yaml?"


@pytest.mark.parametrize(
    "source",
    [
        lambda place: ImageFolder(kind="image_folder", directory=place),
        lambda place: ImageCSV(kind="image_csv", file=place),
        lambda place: IDXImages(kind="idx", directory=place, classes=("a", "b")),
        lambda place: TFRecords(kind="tfrecord", directory=place.parent, classes=("a", "b")),
        lambda place: SeriesFile(kind="series_file", file=place.with_suffix(".csv")),
    ],
)
def test_a_source_that_is_not_there_says_which_may_be_meant(tmp_path, source):
    (tmp_path / "trains").mkdir()
    (tmp_path / "trains.csv").touch()
    with pytest.raises(SourceNotFoundError, match=rf"Did you mean {tmp_path}/trains(\.csv)?\?"):
        source(tmp_path / "train").fingerprint()
