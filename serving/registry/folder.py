"""One model's directory in the registry: its index, its locks, and how a version gets into it."""

import errno
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from etils import epath
from pydantic import ValidationError

from serving.registry.errors import RegistryError
from serving.registry.index import Index, ModelVersion
from serving.registry.storage import LAST_FILE, Storage

INDEX = "index.json"
RECORD = "slipway.json"
STAGING_PREFIX = ".staging-"
# As TF Serving writes numbers; it would take 007 for 7, so such a directory is not one of ours.
NUMBER = re.compile("[1-9][0-9]*")


class ModelFolder:
    """Reads and writes one model's directory.

    Args:
      path: The directory, TF Serving's base path; its name is the model's.
      storage: How files become visible.
      timestamp: The time now, UTC, ISO 8601.
      lock_timeout_secs: How long to wait for another writer.
    """

    def __init__(
        self, path: epath.Path, *, storage: Storage, timestamp: Callable[[], str], lock_timeout_secs: float
    ) -> None:
        self._path = path
        self._storage = storage
        self._timestamp = timestamp
        self._lock_timeout_secs = lock_timeout_secs

    def load(self) -> Index:
        """The index as the directory bears it out: with versions it does not list yet, without those that are gone.

        Raises:
          RegistryError: A file is not what was written there.
        """
        # In this order: a version that is published in between is adopted, rather than taken for deleted.
        index = self._read_index()
        present = self._find_versions()
        index = index.without_missing(present)
        for number in sorted(present.keys() - {version.number for version in index.versions}):
            record = present[number] / RECORD
            if record.exists() and (present[number] / LAST_FILE).exists():
                index = index.with_adopted(self._read_record(record, number), at=self._timestamp())
        return index.with_used_numbers(present)

    def save(self, index: Index) -> None:
        """Only inside `writing`. Raises RegistryError, with what was done before still done."""
        try:
            self._storage.write(self._path / INDEX, index.to_json())
        except OSError as error:
            raise RegistryError(
                f"The index must be writable. Received: {error}, for {self._path / INDEX}. Labels are "
                "as before; a version pushed just now is visible. Mend it and repeat the command: nothing is doubled."
            ) from error

    @contextmanager
    def writing(self) -> Iterator[Index]:
        """The index, read under the lock that makes reading, changing and saving it one step."""
        with self._lock(".lock"):
            yield self.load()

    @contextmanager
    def pushing(self) -> Iterator[None]:
        """Keeps other pushes out, and them only: an urgent rollback need not wait until files are copied.

        What dead pushes left is removed: whoever staged it would hold this lock if alive.
        """
        with self._explaining_failures():
            self._path.mkdir(parents=True, exist_ok=True)
        with self._lock(".push.lock"):
            if self._storage.locks:
                for path in self._path.iterdir():
                    if path.name.startswith(STAGING_PREFIX):
                        path.rmtree(missing_ok=True)
            yield

    def add(self, draft: ModelVersion, sources: Mapping[str, epath.Path]) -> ModelVersion:
        """Stages the files, makes them visible and lists the version under the number it got. Only inside `pushing`.

        Args:
          draft: The version; its number is not yet its own.
          sources: Name inside the version -> file to copy there.

        Raises:
          RegistryError: It was not possible; nothing is visible.
        """
        staged = self._path / f"{STAGING_PREFIX}{uuid.uuid4().hex}"
        try:
            with self._explaining_failures():
                for name, source in sources.items():
                    (staged / name).parent.mkdir(parents=True, exist_ok=True)
                    self._storage.copy(source, staged / name)
                self._storage.write(staged / RECORD, draft.to_json())
            with self.writing() as index:
                with self._explaining_failures():
                    number = self._publish(staged, index.last_version + 1)
                version = draft.model_copy(update={"number": number})
                self.save(index.with_version(version))
        finally:
            staged.rmtree(missing_ok=True)
        return version

    def _publish(self, staged: epath.Path, number: int) -> int:
        """Returns the number it got: the given one, or the next that nobody took without asking the lock."""
        while True:
            try:
                self._storage.publish(staged, self._path / str(number))
                return number
            except FileExistsError:
                number += 1

    def _find_versions(self) -> dict[int, epath.Path]:
        if not self._path.is_dir():
            return {}
        return {int(path.name): path for path in self._path.iterdir() if NUMBER.fullmatch(path.name)}

    def _read_index(self) -> Index:
        path = self._path / INDEX
        if not path.exists():
            return Index()
        return _parse_file(
            path,
            lambda text: Index.from_json(text, model=self._path.name),
            "Put a backup back, or move it away: labels are then as the pushes set them, in the order of the numbers.",
        )

    def _read_record(self, path: epath.Path, number: int) -> ModelVersion:
        return _parse_file(
            path,
            lambda text: ModelVersion.from_json(text, model=self._path.name, number=number),
            "Put a backup back, or move the version away: the index does not list it, so nothing uses it.",
        )

    @contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        path = self._path / name
        with ExitStack() as held:
            try:
                held.enter_context(self._storage.lock(path, timeout_secs=self._lock_timeout_secs))
            except TimeoutError:
                raise RegistryError(
                    f"Writers of a model take turns. Received: {path}, held by another process for more than "
                    f"{self._lock_timeout_secs:g} s. See whether that process hangs; its end frees the lock."
                ) from None
            except OSError as error:
                raise RegistryError(
                    f"A registry must be writable for this. Received: {error}, for {path}. Mend that, "
                    "or run this as a user who may write there."
                ) from error
            yield

    @contextmanager
    def _explaining_failures(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            full = error.errno == errno.ENOSPC
            rule = "A push needs room for a whole version" if full else "A push must read its files and write these"
            raise RegistryError(
                f"{rule}. Received: {error}, for {self._path}. Nothing of it is visible and all labels are as before. "
                "Mend that and push again."
            ) from error


def _parse_file(path: epath.Path, parse: Callable[[str], Any], advice: str) -> Any:
    try:
        return parse(path.read_text())
    except ValidationError as error:
        first = error.errors()[0]
        reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}."
    except ValueError as error:
        reason = f"{error}."
    raise RegistryError(
        f"{path.name} must be as the registry wrote it. Received: {path}, which is not. {reason} {advice}"
    )
