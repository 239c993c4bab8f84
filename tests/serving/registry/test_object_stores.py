"""The registry at object stores: in memory always, and on servers, where pushes are killed."""

import functools
import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from records.stores import path_at
from serving.registry import Registry
from serving.registry.storage import ObjectStorage
from tests.object_stores.places import contents, fresh_folder
from tests.serving.registry_sample import SAMPLE_FILES, sample_push, stages

MODEL = "digits"

# TensorFlow is imported once, before the processes are forked; only then it is used.
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload([__name__, "tensorflow"])


def _files(root: str, number: int) -> set[str]:
    return set(contents(f"{root}/{MODEL}/{number}"))


def test_versions_are_pushed_labelled_and_rolled_back(store, tmp_path):
    registry = Registry(store)
    assert registry.models() == ()
    for number, key in enumerate("abc", start=1):
        pushed = registry.push(MODEL, **sample_push(tmp_path, key), stage="production")
        assert (pushed.number, str(registry.path(pushed))) == (number, f"{store}/{MODEL}/{number}")
        assert _files(store, number) == SAMPLE_FILES
    assert registry.push(MODEL, **sample_push(tmp_path, "b"), stage="production").number == 2
    assert stages(Registry(store), MODEL) == {1: "archived", 2: "archived", 3: "production"}
    assert registry.rollback(MODEL).number == 2
    registry.label(MODEL, 1, "canary")
    assert stages(Registry(store), MODEL) == {1: "canary", 2: "production", 3: "archived"}
    content = contents(f"{store}/{MODEL}/1")
    assert content["tflite/int8.tflite"] == b"tflite of a"
    assert registry.version(MODEL, 1).size_bytes == sum(map(len, content.values())) - len(content["slipway.json"])
    assert not [name for name in contents(f"{store}/{MODEL}") if name.startswith(".staging-")]


def test_a_model_is_pushed_from_the_store_itself(store, tmp_path):
    sample = sample_push(tmp_path, "a")
    for name in SAMPLE_FILES - {"slipway.json", "tflite/int8.tflite"}:
        path = path_at(f"{store}/artifacts/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((sample["saved_model"] / name).read_bytes())
    pushed = Registry(f"{store}/registry").push(
        MODEL, push_key="a", saved_model=f"{store}/artifacts", bundle=sample["bundle"]
    )
    assert _files(f"{store}/registry", pushed.number) == SAMPLE_FILES


class DiesAt(ObjectStorage):
    """Is killed before the operation of a number, counted from 0."""

    def __init__(self, point: int) -> None:
        self.left = point

    def _count(self) -> None:
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1

    def copy(self, source: Any, target: Any) -> None:
        self._count()
        super().copy(source, target)

    def write(self, path: Any, text: str) -> None:
        self._count()
        super().write(path, text)


def _push(root: str, push: dict[str, Any], point: int) -> None:
    Registry(root, storage=DiesAt(point)).push(MODEL, **push, stage="production")


def _check_only_whole_versions(root: str) -> None:
    """What the registry shows is whole, and what is not whole lacks the file that TF Serving looks for."""
    registry = Registry(root)
    shown = {version.number for version in registry.versions(MODEL)}
    there = {int(path.name) for path in (registry.root / MODEL).iterdir() if path.name.isdigit()}
    assert shown <= there
    for number in there:
        files = _files(root, number)
        assert files == SAMPLE_FILES if number in shown else "saved_model.pb" not in files
    assert [version.stage for version in registry.versions(MODEL)].count("production") == 1


@pytest.mark.stores
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["gs", "s3"])
def test_a_push_killed_at_any_point_is_whole_or_not_there_and_repeating_it_does_not_double_it(scheme, tmp_path):
    folder = fresh_folder(scheme)
    first, second = sample_push(tmp_path, "a"), sample_push(tmp_path, "b")
    outcomes = []
    for point in range(100):
        root = f"{folder}/{point}"
        Registry(root).push(MODEL, **first, stage="production")
        process = FORKED.Process(target=functools.partial(_push, root, second, point))
        process.start()
        process.join()
        _check_only_whole_versions(root)
        outcomes.append((process.exitcode, len(Registry(root).versions(MODEL))))

        again = Registry(root).push(MODEL, **second, stage="production")
        assert [version.push_key for version in Registry(root).versions(MODEL)] == ["a", "b"]
        assert stages(Registry(root), MODEL) == {1: "archived", again.number: "production"}
        _check_only_whole_versions(root)
        if process.exitcode == 0:
            break
    # Killed before the version appeared, then after it, then not at all: every kind of moment was met.
    assert list(dict.fromkeys(outcomes)) == [(-signal.SIGKILL, 1), (-signal.SIGKILL, 2), (0, 2)]
    assert len(outcomes) > 2 * len(SAMPLE_FILES)


def _push_large(root: str, saved_model: Path, started: Any) -> None:
    registry = Registry(root)
    started.set()
    registry.push(MODEL, push_key="large", saved_model=saved_model, stage="production")


@pytest.mark.stores
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["gs", "s3"])
def test_a_push_killed_while_bytes_go_to_the_server_is_not_there(scheme, tmp_path):
    root, saved_model = fresh_folder(scheme), tmp_path / "large"
    saved_model.mkdir()
    (saved_model / "saved_model.pb").write_bytes(os.urandom(2**25))
    Registry(root).push(MODEL, **sample_push(tmp_path, "a"), stage="production")
    for wait_secs in (0.02, 0.1, 0.3):
        started = FORKED.Event()
        process = FORKED.Process(target=_push_large, args=(root, saved_model, started))
        process.start()
        assert started.wait(60)
        process.join(wait_secs)
        process.kill()
        process.join()
        for version in Registry(root).versions(MODEL)[1:]:
            path = Registry(root).path(version) / "saved_model.pb"
            assert path.read_bytes() == (saved_model / "saved_model.pb").read_bytes()
    _push_large(root, saved_model, FORKED.Event())
    assert [version.push_key for version in Registry(root).versions(MODEL)] == ["a", "large"]
