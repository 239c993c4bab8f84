"""What `etils.epath` makes of s3:// once this module is imported: paths that s3fs reads, not TensorFlow.

Where TensorFlow is installed epath asks it, and TensorFlow has no file system for s3://.
"""

import dataclasses

import fsspec
from etils import epath
from etils.epath import backend, gpath, stat_utils

# A listing that was kept would not show what TensorFlow, Beam or another process writes.
fsspec.config.conf.setdefault("s3", {})["use_listings_cache"] = False


@epath.register_path_cls("s3://")
class S3Path(gpath.PosixGPath):
    """A path below s3://."""

    @property
    def _backend(self) -> backend.Backend:
        return backend.fsspec_backend

    def mkdir(self, mode: int | None = None, parents: bool = False, exist_ok: bool = False) -> None:
        """Does nothing: a store has no folders, and s3fs would make the bucket that somebody misspelt."""

    def stat(self) -> stat_utils.StatResult:
        """As of any path; epath looks for the time under another name than s3fs gives it."""
        changed = backend.fsspec_backend.fs(self).info(str(self)).get("LastModified")
        return dataclasses.replace(super().stat(), mtime=int(changed.timestamp()) if changed else 0)
