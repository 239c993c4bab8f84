"""The registry when processes are killed, run at once, or find the disk full."""

import errno
import functools
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from serving.registry import Registry, RegistryError
from serving.registry.storage import LocalStorage, ObjectStorage
from tests.serving.registry_sample import SAMPLE_FILES, files_below, sample_push

MODEL = "digits"
FILE_EVENTS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.listdir", "os.scandir", "shutil.copyfile"}

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


# Processes are forked from a small one, which takes a tenth of the time: this one may have imported TensorFlow.
SMALL = multiprocessing.get_context("forkserver")
SMALL.set_forkserver_preload([__name__])


def in_child(work: Callable[..., None], *arguments: object) -> int:
    """Runs `work` in a process of its own. Returns its exit code; minus the signal if one killed it."""
    process = SMALL.Process(target=work, args=arguments)
    process.start()
    process.join()
    return process.exitcode


def at_event(number: int, below: Path, act: Callable[[], object]) -> None:
    """Acts once, just before this process does the number-th thing, counted from 0, to files in a directory."""
    seen = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        if event in FILE_EVENTS and any(str(below) in str(argument) for argument in arguments):
            seen += 1
            if seen == number + 1:
                act()

    sys.addaudithook(hook)


def die_at_event(number: int, below: Path) -> None:
    """As `kill -9` does."""
    at_event(number, below, lambda: os.kill(os.getpid(), signal.SIGKILL))


def check_only_whole_versions(root: Path) -> None:
    """What TF Serving would find and what the registry says agree, and no version lacks a file."""
    model = root / MODEL
    numbered = sorted(int(path.name) for path in model.iterdir() if path.name.isdigit())
    versions = Registry(root).versions(MODEL)
    assert [version.number for version in versions] == numbered
    for number in numbered:
        assert set(files_below(model / str(number))) == SAMPLE_FILES
    assert [version.stage for version in versions].count("production") == 1


def push_and_die(point: int, root: Path, storage: ObjectStorage | None, **push: Any) -> None:
    """Dies at the point, if the push comes that far."""
    die_at_event(point, root)
    Registry(root, storage=storage).push(MODEL, **push)


@pytest.mark.parametrize("stage", ["candidate", "production"])
def test_a_push_killed_at_any_point_is_whole_or_not_there_and_repeating_it_does_not_double_it(tmp_path, stage):
    first, second = sample_push(tmp_path, "a"), sample_push(tmp_path, "b")
    outcomes = []
    for point in range(500):
        root = tmp_path / f"registry-{point}"
        Registry(root).push(MODEL, **first, stage="production")
        code = in_child(functools.partial(push_and_die, point, root, None, **second, stage=stage))
        check_only_whole_versions(root)
        outcomes.append((code, len(Registry(root).versions(MODEL))))

        again = Registry(root).push(MODEL, **second, stage=stage)
        assert again.number == 2
        assert again.stage == stage
        assert [version.push_key for version in Registry(root).versions(MODEL)] == ["a", "b"]
        check_only_whole_versions(root)
        assert not list((root / MODEL).glob(".staging-*"))
        assert list(json.loads((root / MODEL / "index.json").read_text())["versions"]) == ["1", "2"]
        if code == 0:
            break
    # Killed before the version appeared, then after it, then not at all: every kind of moment was met.
    assert list(dict.fromkeys(outcomes)) == [(-signal.SIGKILL, 1), (-signal.SIGKILL, 2), (0, 2)]
    assert len(outcomes) > 20


def move_label_and_die(point: int, root: Path, change: str) -> None:
    die_at_event(point, root)
    registry = Registry(root)
    registry.label(MODEL, 1, "production") if change == "label" else registry.rollback(MODEL)


@pytest.mark.parametrize("change", ["label", "rollback"])
def test_a_label_move_killed_at_any_point_happened_or_did_not(tmp_path, change):
    outcomes = []
    for point in range(500):
        root = tmp_path / f"registry-{point}"
        for key in "ab":
            Registry(root).push(MODEL, **sample_push(tmp_path, key), stage="production")
        code = in_child(move_label_and_die, point, root, change)
        check_only_whole_versions(root)
        outcomes.append((code, Registry(root).at_stage(MODEL, "production").number))
        if code == 0:
            break
    assert list(dict.fromkeys(outcomes)) == [(-signal.SIGKILL, 2), (-signal.SIGKILL, 1), (0, 1)]


def read_while_another_pushes(point: int, root: Path, push: dict[str, Any]) -> None:
    at_event(point, root, lambda: Registry(root).push(MODEL, **push, stage="production"))
    assert [version.stage for version in Registry(root).versions(MODEL)].count("production") == 1


def test_a_reader_sees_one_production_whenever_a_push_comes_in_between(tmp_path):
    first, second = sample_push(tmp_path, "a"), sample_push(tmp_path, "b")
    for point in range(5):
        root = tmp_path / f"registry-{point}"
        Registry(root).push(MODEL, **first, stage="production")
        assert in_child(read_while_another_pushes, point, root, second) == 0


def test_a_version_is_on_the_disk_before_it_is_visible(tmp_path, monkeypatch):
    synced: set[int] = set()
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.add(os.fstat(descriptor).st_ino))

    class Checks(LocalStorage):
        def publish(self, staged: Any, target: Any) -> None:
            files = [path for path in Path(staged).rglob("*") if path.is_file()]
            assert {path.name for path in files if path.stat().st_ino not in synced} == set()
            super().publish(staged, target)
            directories = [Path(target), Path(target).parent, *(p for p in Path(target).rglob("*") if p.is_dir())]
            assert {path.name for path in directories if path.stat().st_ino not in synced} == set()

    Registry(tmp_path / "registry", storage=Checks()).push(MODEL, **sample_push(tmp_path, "a"))


def test_an_index_that_cannot_be_written_whole_stays_as_it_was(tmp_path, monkeypatch):
    registry = Registry(tmp_path / "registry")
    registry.push(MODEL, **sample_push(tmp_path, "a"), stage="production")
    registry.push(MODEL, **sample_push(tmp_path, "b"))

    def fail(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(RegistryError, match=r"index must be writable.*Input/output error.*Labels are as before"):
        registry.label(MODEL, 2, "production")
    assert registry.at_stage(MODEL, "production").number == 1


class DiesInTheMiddleOfAFile(LocalStorage):
    def copy(self, source: Any, target: Any) -> None:
        if target.name == "int8.tflite":
            target.write_bytes(source.read_bytes()[:3])
            os.kill(os.getpid(), signal.SIGKILL)
        super().copy(source, target)


def push_and_die_in_a_file(root: Path, push: dict[str, Any]) -> None:
    Registry(root, storage=DiesInTheMiddleOfAFile()).push(MODEL, **push)


def test_a_push_killed_in_the_middle_of_a_file_is_not_there(tmp_path):
    root, sample = tmp_path / "registry", sample_push(tmp_path, "a")
    assert in_child(push_and_die_in_a_file, root, sample) == -signal.SIGKILL
    assert len(list((root / MODEL).glob(".staging-*/tflite/int8.tflite"))) == 1
    assert Registry(root).models() == ()
    assert Registry(root).push(MODEL, **sample, stage="production").number == 1
    check_only_whole_versions(root)
    assert not list((root / MODEL).glob(".staging-*"))


def test_on_an_object_store_a_push_killed_at_any_point_is_never_shown_half(tmp_path):
    sample = sample_push(tmp_path, "a")
    for point in range(500):
        root = tmp_path / f"registry-{point}"
        code = in_child(functools.partial(push_and_die, point, root, ObjectStorage(), **sample))
        registry = Registry(root, storage=ObjectStorage())
        shown = [version for model in registry.models() for version in registry.versions(model)]
        assert all(set(files_below(Path(registry.path(version)))) == SAMPLE_FILES for version in shown)
        registry.push(MODEL, **sample)
        assert [version.push_key for version in registry.versions(MODEL)] == ["a"]
        if code == 0:
            break
    assert code == 0


def push_many(start: Any, root: Path, directory: Path, keys: Sequence[str]) -> None:
    """Pushes a version a key, of files written below `directory`, once all who wait at the barrier are there."""
    start.wait(timeout=30)
    for key in keys:
        Registry(root).push(MODEL, **sample_push(directory, key), stage="production")


def test_processes_that_push_at_once_get_numbers_of_their_own_and_lose_nothing(tmp_path):
    root, each = tmp_path / "registry", 5
    start = SMALL.Barrier(3)
    processes = [
        SMALL.Process(target=push_many, args=(start, root, tmp_path, [f"{name}{number}" for number in range(each)]))
        for name in ("x", "y")
    ]
    for process in processes:
        process.start()
    start.wait(timeout=30)
    while any(process.is_alive() for process in processes):
        # A reader in between sees whole states only.
        if Registry(root).models():
            versions = Registry(root).versions(MODEL)
            assert [version.stage for version in versions].count("production") == 1
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert [version.number for version in Registry(root).versions(MODEL)] == list(range(1, 2 * each + 1))
    assert len({version.push_key for version in Registry(root).versions(MODEL)}) == 2 * each
    check_only_whole_versions(root)


def test_processes_that_push_the_same_key_at_once_make_one_version(tmp_path):
    root, start = tmp_path / "registry", SMALL.Barrier(2)
    processes = [SMALL.Process(target=push_many, args=(start, root, tmp_path / name, ["a"])) for name in ("x", "y")]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert [version.number for version in Registry(root).versions(MODEL)] == [1]


def test_a_live_push_keeps_its_staging_while_another_waits(tmp_path):
    root = tmp_path / "registry"

    class PushesMeanwhile(LocalStorage):
        def copy(self, source: Any, target: Any) -> None:
            impatient = Registry(root, lock_timeout_secs=0.01)
            with pytest.raises(RegistryError, match="take turns"):
                impatient.push(MODEL, **sample_push(tmp_path, "b"))
            super().copy(source, target)

    Registry(root, storage=PushesMeanwhile()).push(MODEL, **sample_push(tmp_path, "a"), stage="production")
    check_only_whole_versions(root)


PUSH_TO_A_SMALL_DISK = """
import sys
from pathlib import Path
from serving.registry import Registry, RegistryError
disk, source = Path(sys.argv[1]), Path(sys.argv[2])
registry = Registry(disk / "registry")
registry.push("digits", push_key="small", saved_model=source / "small", stage="production")
before = sorted(str(path) for path in disk.rglob("*"))
try:
    registry.push("digits", push_key="large", saved_model=source / "large", stage="production")
except RegistryError as error:
    print(error)
assert sorted(str(path) for path in disk.rglob("*")) == before, list(disk.rglob("*"))
assert [version.stage for version in registry.versions("digits")] == ["production"]
(source / "large" / "saved_model.pb").write_bytes(b"now it fits")
print("then", registry.push("digits", push_key="large", saved_model=source / "large").number)
"""


def test_a_disk_that_is_really_full_leaves_nothing_of_the_push(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    for name, size_bytes in (("small", 1000), ("large", 300_000)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "saved_model.pb").write_bytes(b"x" * size_bytes)
    script = textwrap.dedent("""
        mount -t tmpfs -o size=200k none "$1" || exit 77
        exec "$2" -c "$3" "$1" "$4"
    """)
    try:
        command = ["unshare", "-rm", "sh", "-c", script, "sh", disk, sys.executable, PUSH_TO_A_SMALL_DISK, tmp_path]
        ran = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[3])
    except FileNotFoundError:
        pytest.skip("unshare is not installed")
    if ran.returncode == 77 or "unshare" in ran.stderr:
        pytest.skip(f"no mount namespaces here: {ran.stderr.strip()}")
    assert ran.returncode == 0, ran.stderr
    assert "A push needs room for a whole version. Received: [Errno 28] No space left on device" in ran.stdout
    assert "then 2" in ran.stdout
