"""Episodes over classes: disjoint, complete, the same each time; refusals of what cannot be drawn."""

import io
import zipfile

import pytest
from PIL import Image

from data.errors import DataError, SourceNotFoundError
from data.images.classes import classes_of
from data.images.episodes import ImageEpisodes
from data.images.folder import ImageFolder
from data.images.omniglot import Omniglot
from data.splits import Splits

ALPHABETS = {"background": ("Greek", "Latin", "Tifinagh"), "evaluation": ("Angelic", "ULOG")}
CHARACTERS, DRAWINGS = 6, 5


@pytest.fixture(scope="module")
def omniglot(tmp_path_factory):
    """Archives of the official form; each drawing is an image of its own."""
    folder = tmp_path_factory.mktemp("omniglot")
    number = 0
    for part, alphabets in ALPHABETS.items():
        with zipfile.ZipFile(folder / f"images_{part}.zip", "w") as archive:
            for alphabet in alphabets:
                for character in range(1, CHARACTERS + 1):
                    for drawing in range(1, DRAWINGS + 1):
                        number += 1
                        stream = io.BytesIO()
                        Image.new("I;16", (2, 1), number).save(stream, "png")
                        name = f"images_{part}/{alphabet}/character{character:02}/{number:04}_{drawing:02}.png"
                        archive.writestr(name, stream.getvalue())
    return folder


def _episodes(folder, **options):
    sizes = {"ways": (3,), "shots": (1,), "queries": 2, "eval": 2, "test": 6, **options}
    return ImageEpisodes(source={"kind": "omniglot", "directory": folder, "eval": 0.4}, **sizes)


def _read(source, split):
    return [
        {
            name: list(feature.bytes_list.value or feature.int64_list.value)
            for name, feature in example.features.feature.items()
        }
        for shard in source.shards(split)
        for _, example in source.examples(shard)
    ]


def test_the_archives_give_characters_with_their_alphabets(omniglot):
    classes = Omniglot(kind="omniglot", directory=omniglot).image_classes()
    assert len(classes) == 5 * CHARACTERS
    assert {len(one.images) for one in classes} == {DRAWINGS}
    assert classes[0].name == "Greek/character01"
    assert {one.group for one in classes if one.split == "test"} == set(ALPHABETS["evaluation"])


def test_no_image_of_one_split_is_in_another(omniglot):
    source = _episodes(omniglot)
    images = {
        split: {
            image for e in _read(source, split) for k in ("images", "support_images", "query_images") for image in e[k]
        }
        for split in ("train", "eval", "test")
    }
    assert not images["train"] & images["eval"]
    assert not (images["train"] | images["eval"]) & images["test"]


def test_folders_of_images_are_classes_dealt_by_name(tmp_path):
    """Of a source that has the option `classes`, as all sources of images on disk do."""
    for number in range(12):
        (tmp_path / f"class-{number}").mkdir()
        for image in range(2):
            Image.new("L", (2, 2), 10 * number + image).save(tmp_path / f"class-{number}" / f"{image}.png")
    source = ImageFolder(kind="image_folder", directory=tmp_path)
    splits = Splits(train=0.5, eval=0.25, test=0.25)
    found, left_out = classes_of(source, splits)
    assert left_out == 0
    assert [one.name for one in found] == sorted(f"class-{number}" for number in range(12))
    assert {len(one.images) for one in found} == {2}
    assert [one.split for one in found] == [splits.of(one.name) for one in found]


def test_a_train_example_is_a_class_with_all_its_images(omniglot):
    for example in _read(_episodes(omniglot), "train"):
        assert len(example["images"]) == DRAWINGS
        assert example["support_y"] == example["query_y"] == []


def test_an_episode_has_each_class_s_shots_and_queries_and_no_image_twice(omniglot):
    for episode in _read(_episodes(omniglot), "test"):
        assert episode["support_y"] == [0, 1, 2]
        assert episode["query_y"] == [0, 0, 1, 1, 2, 2]
        images = episode["support_images"] + episode["query_images"]
        assert len(set(images)) == 9


def test_episodes_take_turns_among_ways_and_shots(omniglot):
    episodes = _read(_episodes(omniglot, ways=(2, 3), shots=(1, 2)), "test")
    assert [(e["way"][0], e["shot"][0]) for e in episodes[:5]] == [(2, 1), (2, 2), (3, 1), (3, 2), (2, 1)]


def test_episodes_within_groups_take_turns_among_alphabets(omniglot):
    episodes = _read(_episodes(omniglot, is_within_groups=True), "test")
    assert [episode["group"][0].decode() for episode in episodes] == ["Angelic", "ULOG"] * 3


def test_the_same_seed_gives_the_same_episodes_and_another_seed_others(omniglot):
    assert _read(_episodes(omniglot), "test") == _read(_episodes(omniglot), "test")
    assert _read(_episodes(omniglot), "test") != _read(_episodes(omniglot, seed=1), "test")


def test_any_source_of_labelled_images_gives_classes():
    source = ImageEpisodes(
        source={"kind": "digits"},
        splits={"train": 0.4, "eval": 0.3, "test": 0.3},
        ways=(2,),
        shots=(1,),
        queries=1,
        eval=1,
        test=1,
    )
    names = [name for split in ("train", "eval", "test") for name in sorted(one.name for one in source.classes(split))]
    assert sorted(names) == [str(digit) for digit in range(10)]


def test_more_ways_than_classes_are_refused(omniglot):
    with pytest.raises(DataError, match="12 in test for 13 ways"):
        _episodes(omniglot, ways=(13,)).shards("test")


def test_fewer_images_than_shots_and_queries_are_refused(omniglot):
    with pytest.raises(DataError, match="Received: 5 of Angelic/character01 for 4 shots and 2 queries"):
        _episodes(omniglot, shots=(4,)).shards("test")


def test_a_missing_archive_is_named(tmp_path):
    with pytest.raises(SourceNotFoundError, match=r"images_background\.zip"):
        Omniglot(kind="omniglot", directory=tmp_path).image_classes()
