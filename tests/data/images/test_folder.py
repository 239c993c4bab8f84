import pytest
import tensorflow as tf

from data.errors import SourceNotFoundError
from data.images.folder import ImageFolder
from data.source import SPLITS


@pytest.fixture
def folder(tmp_path):
    for name, value in (("cat", 0), ("dog", 255)):
        (tmp_path / name).mkdir()
        for index in range(20):
            image = tf.io.encode_png(tf.fill([4, 4, 3], tf.constant(value, tf.uint8))).numpy()
            (tmp_path / name / f"{index}.png").write_bytes(image)
        (tmp_path / name / "notes.txt").write_text("not an image")
    return tmp_path


def _read(source: ImageFolder) -> list[tuple[str, int]]:
    return [
        (origin, example.features.feature["label"].int64_list.value[0])
        for split in SPLITS
        for shard in source.shards(split)
        for origin, example in source.examples(shard)
    ]


def test_reads_every_image_once_with_the_index_of_its_folder(folder):
    source = ImageFolder(kind="image_folder", directory=folder)
    expected = [(f"{name}/{index}.png", label) for label, name in enumerate(("cat", "dog")) for index in range(20)]
    assert sorted(_read(source)) == sorted(expected)


def test_named_classes_set_the_labels(folder):
    source = ImageFolder(kind="image_folder", directory=folder, classes=("dog", "cat", "emu"))
    assert source.class_names() == ("dog", "cat", "emu")
    assert dict(_read(source))["cat/0.png"] == 1


def test_a_missing_directory_is_named(tmp_path):
    with pytest.raises(SourceNotFoundError, match=r"Received: .*nowhere, which does not exist"):
        ImageFolder(kind="image_folder", directory=tmp_path / "nowhere").fingerprint()


def test_an_empty_directory_is_named(tmp_path):
    with pytest.raises(SourceNotFoundError, match=r"with 0 folders and no image"):
        ImageFolder(kind="image_folder", directory=tmp_path).fingerprint()


def test_the_fingerprint_changes_with_the_data(folder):
    source = ImageFolder(kind="image_folder", directory=folder)
    before = source.fingerprint()
    assert source.fingerprint() == before
    (folder / "cat" / "0.png").unlink()
    assert source.fingerprint() != before
