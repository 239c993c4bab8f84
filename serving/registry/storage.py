"""How a directory of files becomes visible all at once, on a local file system and on an object store.

By the store::

    | | local (POSIX, NFS, a mounted volume) | object store (gs://, s3://, …) |
    |---|---|---|
    | a file is replaced | by renaming a complete temporary file | by one upload, which is atomic |
    | a version appears | by renaming its complete directory | file by file, `saved_model.pb` last |
    | two writers | take turns through a file lock | must not exist: there is no lock to take |
"""

import os
import pathlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

from etils import epath

from records.stores import is_uri

# Whatever looks for a version, this registry and TF Serving alike, takes it as complete once this file is there.
LAST_FILE = "saved_model.pb"


class Storage(Protocol):
    """What the registry needs of a file system besides reading."""

    @property
    def locks(self) -> bool:
        """Whether `lock` keeps other processes out."""

    def lock(self, path: epath.Path, *, timeout_secs: float) -> AbstractContextManager[object]:
        """Excludes every other holder. Raises TimeoutError after `timeout_secs`."""

    def copy(self, source: epath.Path, target: epath.Path) -> None:
        """Copies one file; the target's directory exists, the target does not."""

    def size_bytes(self, path: epath.Path) -> int: ...

    def write(self, path: epath.Path, text: str) -> None:
        """Creates or replaces a file: readers find the old text or the new, nothing else."""

    def publish(self, staged: epath.Path, target: epath.Path) -> None:
        """Makes a staged directory visible as `target`. Raises FileExistsError if that is there already."""


class LocalStorage:
    """A POSIX file system. What is visible has reached the disk too: a power cut leaves nothing half-written."""

    locks = True

    @contextmanager
    def lock(self, path: epath.Path, *, timeout_secs: float) -> Iterator[None]:
        # Imported here, for it takes as long as all else that a reader of the registry needs, and readers lock nothing.
        import filelock

        with filelock.FileLock(path, timeout=timeout_secs):  # filelock.Timeout is a TimeoutError.
            yield

    def copy(self, source: epath.Path, target: epath.Path) -> None:
        source.copy(target)
        _sync(target)

    def size_bytes(self, path: epath.Path) -> int:
        # Not path.stat(): that looks the owner's name up, and a container often runs as a user who has none.
        return pathlib.Path(path).stat().st_size

    def write(self, path: epath.Path, text: str) -> None:
        # One fixed name, since writers hold the lock: a crash leaves at most this file, and the next write replaces it.
        temporary = path.parent / f".{path.name}.tmp"
        temporary.write_text(text)
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)

    def publish(self, staged: epath.Path, target: epath.Path) -> None:
        for directory, _, _ in os.walk(staged):
            _sync(directory)
        # epath's rename is os.rename after a check, without which an empty directory would be replaced.
        staged.rename(target)
        _sync(target.parent)


class ObjectStorage:
    """An object store: uploads are atomic one by one and nothing locks, so a model may have one writer at a time."""

    locks = False

    def lock(self, path: epath.Path, *, timeout_secs: float) -> AbstractContextManager[object]:
        return nullcontext()

    def copy(self, source: epath.Path, target: epath.Path) -> None:
        # Not source.copy(target), which has one file system read and write both.
        target.write_bytes(source.read_bytes())

    def size_bytes(self, path: epath.Path) -> int:
        # What is pushed may lie on this machine; see `LocalStorage.size_bytes`.
        return path.stat().length if is_uri(os.fspath(path)) else pathlib.Path(path).stat().st_size

    def write(self, path: epath.Path, text: str) -> None:
        path.write_text(text)

    def publish(self, staged: epath.Path, target: epath.Path) -> None:
        if target.exists():
            raise FileExistsError(str(target))
        try:
            for name in sorted(tree(staged), key=lambda name: (name == LAST_FILE, name)):
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                self.copy(staged / name, target / name)
        except BaseException:
            target.rmtree(missing_ok=True)
            raise
        staged.rmtree()


def storage_of(root: epath.Path) -> Storage:
    """The storage that suits a path."""
    return ObjectStorage() if is_uri(os.fspath(root)) else LocalStorage()


def tree(directory: epath.Path) -> Sequence[str]:
    """The relative names of all files below a directory; symbolic links are followed."""
    names: list[str] = []
    for path in directory.iterdir():
        names += [f"{path.name}/{name}" for name in tree(path)] if path.is_dir() else [path.name]
    return names


def _sync(path: epath.PathLike) -> None:
    """Waits until a local file, or the names in a local directory, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
