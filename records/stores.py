"""Addresses of object stores, such as gs://bucket/images, and what reads them here.

Who reads | gs:// | s3://
--- | --- | ---
`etils.epath`: sources, registry | TensorFlow | s3fs
TensorFlow, TFX, Beam: artifacts, TFRecord files, models | themselves | nobody

All find credentials and servers in the environment.
"""

import os
import re
from importlib.util import find_spec
from typing import TYPE_CHECKING

# What it brings along takes longer to import than all else that reads a run record.
if TYPE_CHECKING:
    from etils import epath

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_STORE = re.compile(r"(gs|s3)://[^/]+(/.*)?")
S3 = "s3://"
# TensorFlow clears a buffer for each file of gs:// that is opened, by default of 64 MiB: that takes longer than reading
# a small file.
_GS_BUFFER_BYTES = 2**22


class StoreError(ValueError):
    """An address that nothing here reads."""

    title = "Object store"
    exit_code = 2


def is_uri(text: str) -> bool:
    """Whether it starts with a scheme and two slashes (RFC 3986, section 3)."""
    return _SCHEME.match(text) is not None


def check_store(uri: str) -> None:
    """Raises StoreError where `path_at` would not read or write an address."""
    if not _STORE.fullmatch(uri):
        raise StoreError(
            f"an address must be one of gs://BUCKET/… and s3://BUCKET/…. Received: {uri}. Mount what is elsewhere, and "
            f"give its local path."
        )
    if uri.startswith(S3) and find_spec("s3fs") is None:
        raise StoreError(f"{S3} is read by s3fs, which is not installed. Received: {uri}. Type `pip install s3fs`.")


def check_tensorflow_store(uri: str) -> None:
    """Raises StoreError where TensorFlow itself would not read or write an address. Imports nothing of TensorFlow."""
    if uri.startswith(S3):
        raise StoreError(
            f"TensorFlow reads and writes this itself, and has no file system for {S3}. Received: {uri}. Use gs://, a "
            f"path on this machine, or the bucket mounted there; sources other than TFRecord files, and the registry, "
            f"can be at {S3}."
        )
    check_store(uri)


def check_place(place: str) -> str:
    """A path or an address as it is. Raises StoreError for an address that `path_at` does not read."""
    if is_uri(place):
        check_store(place)
    return place


def check_tensorflow_place(place: str) -> str:
    """A path or an address as it is. Raises StoreError for an address that TensorFlow itself does not read."""
    if is_uri(place):
        check_tensorflow_store(place)
    return place


def path_at(place: "epath.PathLike") -> "epath.Path":
    """The path of a place on this machine or at an object store.

    Raises:
      StoreError: an address that nothing here reads.
    """
    from etils import epath

    text = os.fspath(place)
    check_place(text)
    if text.startswith(S3):
        import records.s3_path  # noqa: F401
    elif is_uri(text):
        os.environ.setdefault("GCS_READAHEAD_BUFFER_SIZE_BYTES", str(_GS_BUFFER_BYTES))
    return epath.Path(text)
