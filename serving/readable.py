"""Directories that TensorFlow cannot read where they are."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from etils import epath

from records.stores import S3, path_at
from serving.registry.storage import tree


@contextmanager
def readable(directory: epath.PathLike) -> Iterator[str]:
    """The directory, or while inside a copy on this machine, where it is at s3://."""
    if not os.fspath(directory).startswith(S3):
        yield os.fspath(directory)
        return
    with tempfile.TemporaryDirectory() as folder:
        copy_tree(path_at(directory), epath.Path(folder))
        yield folder


def copy_tree(source: epath.Path, target: epath.Path) -> None:
    """Copies all files below a directory, between any two file systems."""
    for name in tree(source):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes((source / name).read_bytes())
