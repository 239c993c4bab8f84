"""Small files in an artifact's directory, on any file system."""

from typing import TYPE_CHECKING

from records.stores import path_at

# What it brings along takes longer to import than all else that reads a run record.
if TYPE_CHECKING:
    from etils import epath


def write_file(uri: str, name: str, content: str | bytes) -> None:
    """Writes `name` below an artifact's `uri`. TFX's local launcher makes that directory; Kubeflow's does not."""
    path = _path(uri, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content)


def read_file(uri: str, name: str) -> str:
    """The text of `name` below an artifact's `uri`."""
    return _path(uri, name).read_text()


def has_file(uri: str, name: str) -> bool:
    """Whether there is a file `name` below an artifact's `uri`."""
    return _path(uri, name).exists()


def _path(uri: str, name: str) -> "epath.Path":
    return path_at(uri) / name
