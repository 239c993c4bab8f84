"""Folders of splits and folders of classes."""

import pytest
import tensorflow as tf

from data.errors import DataError
from data.images.folder import ImageFolder
from data.source import SPLITS
from data.splits import Splits

IMAGES = 60


def _source(root, layout, **options) -> ImageFolder:
    """Images in each of the folders, by their paths."""
    image = tf.io.encode_png(tf.zeros([2, 2, 1], tf.uint8)).numpy()
    for folder in layout:
        (root / folder).mkdir(parents=True)
        for index in range(IMAGES):
            (root / folder / f"{index}.png").write_bytes(image)
    return ImageFolder(kind="image_folder", directory=root, **options)


def _folders(source) -> dict[str, set[tuple[str, int]]]:
    """{split: (folder, label) of its images}."""
    return {
        split: {
            (origin.rpartition("/")[0], example.features.feature["label"].int64_list.value[0])
            for shard in source.shards(split)
            for origin, example in source.examples(shard)
        }
        for split in SPLITS
    }


@pytest.mark.parametrize("held_out", ["eval", "val", "validation", "Valid", "dev"])
def test_folders_of_splits_are_splits(tmp_path, held_out):
    folders = [f"{split}/{name}" for split in ("Train", held_out, "test") for name in ("cat", "dog")]
    source = _source(tmp_path, folders)
    assert source.class_names() == ("cat", "dog")
    assert _folders(source) == {
        "train": {("Train/cat", 0), ("Train/dog", 1)},
        "eval": {(f"{held_out}/cat", 0), (f"{held_out}/dog", 1)},
        "test": {("test/cat", 0), ("test/dog", 1)},
    }


def test_a_split_that_is_not_there_is_cut_out_of_train_by_its_share(tmp_path):
    source = _source(tmp_path, ["train/cat", "train/dog", "test/cat", "test/dog"])
    counts = source.class_counts()
    assert counts["test"] == [IMAGES, IMAGES]
    # Who is dealt to test stays in train: test has a folder.
    expected = [sum(Splits().of(f"train/{name}/{i}.png") == "eval" for i in range(IMAGES)) for name in ("cat", "dog")]
    assert counts["eval"] == expected
    assert [a + b for a, b in zip(counts["train"], expected, strict=True)] == [IMAGES, IMAGES]
    assert _folders(source)["eval"] == {("train/cat", 0), ("train/dog", 1)}


def test_classes_are_those_of_all_splits_and_one_that_a_split_lacks_is_said(tmp_path):
    source = _source(tmp_path, ["train/cat", "train/dog", "val/cat", "val/emu", "test/cat", "test/dog", "test/emu"])
    assert source.class_names() == ("cat", "dog", "emu")
    assert source.overview().notes == ("train has no image of emu", "eval has no image of dog")
    assert source.overview().facts["splits"] == "train in train/, eval in val/, test in test/"
    assert source.overview().rows[1] == ("dog", IMAGES, 0, IMAGES)


def test_a_vehicle_may_be_called_train(tmp_path):
    assert _source(tmp_path, ["bus", "train", "test"]).class_names() == ("bus", "test", "train")


def test_a_train_split_beside_a_flat_folder_test_is_no_class(tmp_path):
    """As competitions hand out images: those to submit have no label."""
    with pytest.raises(DataError, match="must hold one folder a class, or the splits"):
        _source(tmp_path, ["train/cat", "train/dog", "test"]).class_names()


def test_a_class_with_folders_in_it_may_be_called_train(tmp_path):
    assert _source(tmp_path, ["bus/red", "train/steam", "train/diesel"]).class_names() == ("bus", "train")


def test_classes_that_are_named_are_classes_whatever_they_are_called(tmp_path):
    source = _source(tmp_path, ["train/steam", "test/rig"], classes=("train", "test"))
    assert [sum(counts) for counts in source.class_counts().values()] != [0, 0, 0]
    assert {label for found in _folders(source).values() for _, label in found} == {0, 1}


def test_named_classes_choose_among_those_of_the_splits(tmp_path):
    source = _source(tmp_path, ["train/cat", "train/dog", "test/cat", "test/dog"], classes=("dog", "cat"))
    assert _folders(source)["test"] == {("test/dog", 0), ("test/cat", 1)}


@pytest.mark.parametrize(
    "layout",
    [
        ("train/cat", "test/cat", "unlabelled"),
        ("train/cat", "val/cat", "dev/cat"),
        ("val/cat", "test/cat"),
    ],
)
def test_what_may_be_either_is_refused(tmp_path, layout):
    with pytest.raises(DataError, match=r"one folder a class, or the splits train.* Received: .* with .*, .*Move"):
        _source(tmp_path, layout).class_names()


def test_folders_that_begin_with_a_dot_are_no_classes(tmp_path):
    assert _source(tmp_path, ["cat", "dog", ".ipynb_checkpoints"]).class_names() == ("cat", "dog")
