"""Addresses of object stores, such as gs://bucket/images, and what reads them here.

Who reads | gs:// | s3://
--- | --- | ---
`etils.epath`: sources, registry, records | TensorFlow | s3fs
TensorFlow: TFRecord files, SavedModels | itself | TensorFlow I/O, which there is for TensorFlow 2.16 alone
Beam: some artifacts | Google's client | boto3

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
GS = "gs://"
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
    if uri.startswith(S3):
        _require("s3fs", uri)


def check_tensorflow_store(uri: str) -> None:
    """Raises StoreError where TensorFlow itself would not read or write an address. Imports nothing of TensorFlow."""
    check_store(uri)
    if uri.startswith(S3) and find_spec("tensorflow_io") is None:
        raise StoreError(
            f"TensorFlow reads and writes this itself, and has no file system for {S3}: TensorFlow I/O, which brings "
            f"one, is not installed, and there is none for TensorFlow 2.17 and later. Received: {uri}. Use gs:// or a "
            f"path on this machine; sources other than TFRecord files, and the registry, can be at {S3}."
        )


def check_artifact_store(uri: str) -> None:
    """Raises StoreError where one of TensorFlow, TFX and Beam would not write artifacts to an address."""
    check_tensorflow_store(uri)
    if uri.startswith(S3):
        _require("boto3", uri)


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
    if text.startswith(GS):
        load_file_system(text)
    if text.startswith(S3):
        import records.s3_path  # noqa: F401
    return epath.Path(text)


def load_file_system(uri: str) -> None:
    """Gives TensorFlow, in this process, the file system of an artifact's address; imports TensorFlow where it must.

    Raises:
      StoreError: there is none.
    """
    if uri.startswith(GS):
        os.environ.setdefault("GCS_READAHEAD_BUFFER_SIZE_BYTES", str(_GS_BUFFER_BYTES))
    if not uri.startswith(S3):
        return
    check_tensorflow_store(uri)
    # TensorFlow I/O has another name for what all others call AWS_ENDPOINT_URL_S3.
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        os.environ.setdefault("S3_ENDPOINT", endpoint)
    # Registers its file systems.
    import tensorflow_io  # noqa: F401


def _require(distribution: str, uri: str) -> None:
    if find_spec(distribution) is None:
        raise StoreError(
            f"{S3} takes {distribution}, which is not installed. Received: {uri}. Type `pip install 'slipway[s3]'`."
        )
