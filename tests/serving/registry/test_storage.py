"""The registry on storage that gets full, fails, publishes file by file, or is shared with others."""

import errno
from pathlib import Path
from typing import Any

import pytest
from etils import epath

from serving.registry import Registry, RegistryError, RegistryUsageError
from serving.registry.storage import LocalStorage, ObjectStorage, storage_of
from tests.serving.registry_sample import SAMPLE_FILES, files_below, sample_push, stages

MODEL = "digits"


@pytest.mark.parametrize("root", ["hdfs://host/registry", "file:///registry", "http://host/registry"])
def test_a_scheme_that_nothing_reads_is_refused_rather_than_made_a_directory(root):
    with pytest.raises(RegistryUsageError, match=f"Received: {root}"):
        Registry(root)


@pytest.mark.parametrize(
    ("root", "kind"), [("gs://bucket/r", ObjectStorage), ("s3://b/r", ObjectStorage), ("r", LocalStorage)]
)
def test_the_storage_follows_from_the_path(root, kind):
    assert type(storage_of(epath.Path(root))) is kind


class FullDisk(LocalStorage):
    """Has room for `room` files."""

    def __init__(self, room: int) -> None:
        self.room = room

    def _take(self) -> None:
        if self.room == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.room -= 1

    def copy(self, source: Any, target: Any) -> None:
        self._take()
        super().copy(source, target)

    def write(self, path: Any, text: str) -> None:
        self._take()
        super().write(path, text)


@pytest.mark.parametrize("room", range(len(SAMPLE_FILES)))
def test_a_disk_that_gets_full_while_staging_leaves_nothing_and_says_so(tmp_path, room):
    Registry(tmp_path / "r").push(MODEL, **sample_push(tmp_path, "a"), stage="production")
    before = files_below(tmp_path / "r")
    with pytest.raises(RegistryError, match=r"needs room .*No space left.*Nothing of it is visible"):
        Registry(tmp_path / "r", storage=FullDisk(room)).push(MODEL, **sample_push(tmp_path, "b"), stage="production")
    after = files_below(tmp_path / "r")
    assert {name: after[name] for name in before} == before
    assert {Path(name).name for name in after.keys() - before.keys()} <= {".lock", ".push.lock"}
    assert not list((tmp_path / "r" / MODEL).glob(".staging-*"))


def test_a_disk_that_gets_full_at_the_index_leaves_a_version_that_the_next_push_lists(tmp_path):
    sample = sample_push(tmp_path, "a")
    with pytest.raises(RegistryError, match="a version pushed just now is visible"):
        Registry(tmp_path / "r", storage=FullDisk(len(SAMPLE_FILES))).push(MODEL, **sample, stage="production")
    registry = Registry(tmp_path / "r")
    assert stages(registry, MODEL) == {1: "production"}
    assert registry.push(MODEL, **sample, stage="production").number == 1
    assert (tmp_path / "r" / MODEL / "index.json").exists()


class Recorded(ObjectStorage):
    """Notes what is visible of a version after each copy."""

    def __init__(self, version: Path) -> None:
        self.version = version
        self.seen: list[set[str]] = []

    def copy(self, source: Any, target: Any) -> None:
        super().copy(source, target)
        self.seen.append(set(files_below(self.version)))


def test_on_an_object_store_saved_model_pb_becomes_visible_last(tmp_path):
    storage = Recorded(tmp_path / "r" / MODEL / "1")
    Registry(tmp_path / "r", storage=storage).push(MODEL, **sample_push(tmp_path, "a"))
    assert storage.seen[-1] == SAMPLE_FILES
    assert storage.seen[-2] == SAMPLE_FILES - {"saved_model.pb"}


def test_on_an_object_store_an_upload_that_fails_half_way_is_taken_back(tmp_path):
    class Failing(ObjectStorage):
        def copy(self, source: Any, target: Any) -> None:
            if target.name == "saved_model.pb" and target.parent.name == "1":
                raise OSError(errno.EIO, "Input/output error")
            super().copy(source, target)

    with pytest.raises(RegistryError, match="Input/output error"):
        Registry(tmp_path / "r", storage=Failing()).push(MODEL, **sample_push(tmp_path, "a"))
    assert files_below(tmp_path / "r") == {}


def test_on_an_object_store_a_half_uploaded_version_is_not_shown_and_uses_its_number_up(tmp_path):
    registry = Registry(tmp_path / "r", storage=ObjectStorage())
    registry.push(MODEL, **sample_push(tmp_path, "a"), stage="production")
    (tmp_path / "r" / MODEL / "2").mkdir()
    record = (tmp_path / "r" / MODEL / "1" / "slipway.json").read_text()
    (tmp_path / "r" / MODEL / "2" / "slipway.json").write_text(record.replace('"a"', '"b"'))
    assert stages(registry, MODEL) == {1: "production"}
    assert registry.push(MODEL, **sample_push(tmp_path, "b"), stage="production").number == 3


def test_a_number_taken_without_asking_the_lock_is_passed_over(tmp_path):
    class Rival(LocalStorage):
        def publish(self, staged: Any, target: Any) -> None:
            if target.name == "1":
                target.mkdir()
            super().publish(staged, target)

    registry = Registry(tmp_path / "r", storage=Rival())
    assert registry.push(MODEL, **sample_push(tmp_path, "a")).number == 2


def test_a_writer_that_does_not_finish_is_reported(tmp_path):
    import filelock

    registry = Registry(tmp_path / "r", lock_timeout_secs=0.01)
    registry.push(MODEL, **sample_push(tmp_path, "a"))
    with (
        filelock.FileLock(tmp_path / "r" / MODEL / ".lock"),
        pytest.raises(RegistryError, match=r"take turns. Received: .*0.01 s"),
    ):
        registry.label(MODEL, 1, "canary")


def test_labels_move_while_a_push_copies_its_files(tmp_path):
    class LabelsMeanwhile(LocalStorage):
        def copy(self, source: Any, target: Any) -> None:
            Registry(tmp_path / "r", lock_timeout_secs=1).label(MODEL, 1, "canary")
            super().copy(source, target)

    Registry(tmp_path / "r").push(MODEL, **sample_push(tmp_path, "a"))
    registry = Registry(tmp_path / "r", storage=LabelsMeanwhile())
    registry.push(MODEL, **sample_push(tmp_path, "b"))
    assert stages(registry, MODEL) == {1: "canary", 2: "candidate"}
