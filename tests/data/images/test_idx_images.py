import numpy as np
import pytest
import tensorflow as tf
from pydantic import ValidationError

from data.errors import DataError, SourceNotFoundError
from data.images.idx_images import IDXImages
from data.source import SPLITS, LabelledImages
from tests.data.idx_files import packed, write_dataset


def _source(folder, **options) -> IDXImages:
    return IDXImages(**{"kind": "idx", "directory": folder, "classes": ("even", "odd"), "eval": 0.25, **options})


def _read(source: IDXImages) -> dict[str, list[tuple[str, int, int]]]:
    """By split: (origin, the image's pixel, label)."""
    found = {}
    for split in SPLITS:
        examples = [example for shard in source.shards(split) for example in source.examples(shard)]
        found[split] = [
            (
                origin,
                int(tf.io.decode_image(example.features.feature["image"].bytes_list.value[0])[0, 0, 0]),
                example.features.feature["label"].int64_list.value[0],
            )
            for origin, example in examples
        ]
    return found


def test_train_files_are_dealt_and_test_files_are_the_test_split(tmp_path):
    write_dataset(tmp_path)
    source = _source(tmp_path)
    assert isinstance(source, LabelledImages)
    found = _read(source)
    assert [pixel for _, pixel, _ in found["test"]] == list(range(10))
    assert sorted(pixel for split in ("train", "eval") for _, pixel, _ in found[split]) == list(range(40))
    assert 4 <= len(found["eval"]) <= 17
    assert all(label == pixel % 2 for rows in found.values() for _, pixel, label in rows)
    assert found["test"][3][0] == "test image 3"
    assert _read(source) == found
    assert _read(_source(tmp_path, seed=1))["eval"] != found["eval"]


def test_a_known_dataset_is_found_and_brings_its_classes(tmp_path, monkeypatch):
    (tmp_path / "mnist").mkdir()
    write_dataset(tmp_path / "mnist", classes=10)
    for name in ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):
        (tmp_path / "mnist" / name).rename(tmp_path / "mnist" / f"{name}.gz")
    monkeypatch.setenv("SLIPWAY_DATA_DIR", str(tmp_path))
    source = IDXImages(kind="idx", dataset="mnist")
    assert source.class_names() == tuple("0123456789")
    assert len(_read(source)["test"]) == 10


def test_the_fingerprint_follows_the_data_and_the_options(tmp_path):
    write_dataset(tmp_path)
    before = _source(tmp_path).fingerprint()
    assert _source(tmp_path).fingerprint() == before
    assert _source(tmp_path, seed=1).fingerprint() != before
    write_dataset(tmp_path, train=41)
    assert _source(tmp_path).fingerprint() != before


def test_images_and_labels_that_do_not_agree(tmp_path):
    write_dataset(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(packed(np.zeros(9, np.uint8)))
    with pytest.raises(DataError, match=r"as many labels\. Received: uint8\[10, 4, 4\] .*, uint8\[9\]"):
        _source(tmp_path).shards("test")


def test_a_label_without_a_class(tmp_path):
    write_dataset(tmp_path, classes=3)
    with pytest.raises(DataError, match=r"one of the 2 classes, 0 to 1\. Received: 2 of image 2 in"):
        _source(tmp_path).shards("train")


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(SourceNotFoundError, match=r"without train-images-idx3-ubyte\.gz or train-images-idx3-ubyte\."):
        _source(tmp_path).shards("train")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, r"takes dataset or directory\. Received: dataset=None"),
        ({"dataset": "mnist", "directory": "/a"}, r"takes dataset or directory"),
        ({"directory": "/a"}, r"needs classes, two at least\. Received: \[\]"),
        ({"dataset": "cifar"}, r"'fashion_mnist' or 'mnist'"),
    ],
)
def test_one_place_and_only_one(options, message):
    with pytest.raises(ValidationError, match=message):
        IDXImages(kind="idx", **options)
