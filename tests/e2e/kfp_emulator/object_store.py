"""An object store in a folder, and how the launcher copies between it and a step's file system.

As KFP 2.17.0's backend/src/v2/objectstore: `UploadBlob` (object_store.go:111) and `DownloadBlob` (object_store.go:176).
Objects are files; there are no directories, so an empty directory does not survive the way.
"""

import os
import shutil
from pathlib import Path

# launcher_v2.go:1239, LocalPathForURI.
DIRECTORIES = {"gs://": "/gcs/", "minio://": "/minio/", "s3://": "/s3/"}


def local_path(uri: str, pod: Path) -> Path:
    """Where the launcher stages an artifact.

    Args:
      uri: of the artifact.
      pod: folder that stands for the root of the step's file system.

    Raises:
      ValueError: a scheme that the launcher does not stage.
    """
    for scheme, directory in DIRECTORIES.items():
        if uri.startswith(scheme):
            return pod / directory.strip("/") / uri.removeprefix(scheme)
    raise ValueError(f"failed to generate local path for URI {uri}: unsupported storage scheme")


class ObjectStore:
    """All buckets of all schemes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, uri: str) -> Path:
        """Where an object lies, or those whose keys begin with the URI's and a slash."""
        scheme, _, key = uri.partition("://")
        return self._folder / scheme / key

    def upload(self, local: Path, uri: str) -> None:
        """Copies a file, or all files below a directory. Raises FileNotFoundError."""
        for file in _files(local):
            _copy(file, self.path(uri) / file.relative_to(local))

    def download(self, uri: str, local: Path) -> None:
        """Copies the object of that name, or all below it; of none there is nothing to copy, and no error."""
        remote = self.path(uri)
        for file in _files(remote) if remote.exists() else ():
            _copy(file, local / file.relative_to(remote))


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise FileNotFoundError(f"unable to stat local filepath {str(path)!r}")
    return [Path(folder) / name for folder, _, names in os.walk(path) for name in names]


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
