"""A pipeline's root: the directory that holds its artifacts, its metadata, its registry and its runs."""

import contextlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.errors import RunError, UsageError
from pipeline.shown_commands import shown_path
from records.root import FOLDER_NAME_FILE, LOCK_HOLDER_FILE, REGISTRY, STORE_FILE, WORKSPACES, run_directory

MIN_FREE_BYTES = 200 * 2**20


@dataclass(frozen=True)
class Root:
    """Paths below a root."""

    path: Path

    @property
    def artifacts(self) -> Path:
        return self.path / "artifacts"

    @property
    def metadata(self) -> Path:
        return self.path / STORE_FILE

    @property
    def registry(self) -> Path:
        return self.path / REGISTRY

    @property
    def workspaces(self) -> Path:
        """Where trainings under way keep their checkpoints."""
        return self.path / WORKSPACES

    @property
    def passed_data(self) -> Path:
        """Where data gates keep the statistics of data that passed."""
        return self.path / "passed_data"

    def run(self, run_id: str) -> Path:
        """The directory of one run's record and log."""
        return run_directory(self.path, run_id)

    def artifacts_at(self, store: str) -> str:
        """The folder of this root's artifacts at an object store.

        TFX names artifacts by numbers that begin anew in each root, so that two roots must not share a folder. Its name
        is kept in the root; one that is not there yet has no folder.
        """
        file = self.path / FOLDER_NAME_FILE
        if self.path.is_dir() and not file.exists():
            file.write_text(uuid.uuid4().hex[:12])
        return f"{store.rstrip('/')}/{file.read_text()}" if file.exists() else store

    @property
    def shown(self) -> str:
        """The root as a person would type it here."""
        return shown_path(self.path)

    def prepare(self, *, min_free_bytes: int = MIN_FREE_BYTES) -> None:
        """Makes the root. Raises UsageError when it cannot be written, RunError when its disk is nearly full."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.path):
                pass
        except OSError as error:
            raise UsageError(
                f"the root must be a directory that can be written. Received: {self.path} ({error.strerror}). "
                f"Choose another with --root or change its permissions."
            ) from None
        free_bytes = shutil.disk_usage(self.path).free
        if free_bytes < min_free_bytes:
            raise RunError(
                f"the root's disk needs {min_free_bytes / 2**20:.0f} MB free. Received: {free_bytes / 2**20:.0f} MB "
                f"at {self.path}. Remove old artifacts or choose another disk with --root."
            )

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Holds the root for one run; the operating system lets go of it when the process dies.

        Raises:
          RunError: another run holds it.
        """
        holder = self.path / LOCK_HOLDER_FILE
        lock = FileLock(self.path / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            by = holder.read_text() if holder.exists() else "unknown"
            raise RunError(
                f"one run at a time may use a root. Received: a second run on {self.path}, which process {by} is "
                f"using. Wait until it is done or choose another root with --root."
            ) from None
        try:
            holder.write_text(str(os.getpid()))
            yield
        finally:
            holder.unlink(missing_ok=True)
            lock.release()
