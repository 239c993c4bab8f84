"""Addresses of object stores, such as gs://bucket/images, and what reads them here.

TensorFlow has a file system for gs://, which `etils.epath` and TFX take. The one for s3:// comes with TensorFlow I/O,
and Beam, which writes some artifacts itself, takes boto3. They find keys and servers in the environment.
"""

import os
import re
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

# What it brings along takes longer to import than all else that reads a run record.
if TYPE_CHECKING:
    from etils import epath

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_STORE = re.compile(r"(gs|s3)://[^/]+(/.*)?")
S3 = "s3://"
_EXTRA = "Type `pip install 'slipway[s3]'` (Python 3.11 or 3.12, for which there is TensorFlow I/O), or use gs://."


class StoreError(ValueError):
    """An address that nothing here reads."""


def is_uri(text: str) -> bool:
    """Whether it starts with a scheme and two slashes (RFC 3986, section 3)."""
    return _SCHEME.match(text) is not None


def check_store(uri: str) -> None:
    """Raises StoreError where TensorFlow would not read or write an address. Imports nothing of TensorFlow."""
    if not _STORE.fullmatch(uri):
        raise StoreError(
            f"an address must be one of gs://BUCKET/… and s3://BUCKET/…, which TensorFlow reads. Received: {uri}. "
            f"Mount what is elsewhere, and give its local path."
        )
    if uri.startswith(S3) and find_spec("tensorflow_io") is None:
        raise StoreError(
            f"TensorFlow has no file system for {S3} of its own, and TensorFlow I/O, which brings one, is not "
            f"installed. Received: {uri}. {_EXTRA}"
        )


def check_place(place: str) -> str:
    """A path or an address as it is. Raises StoreError for an address that nothing here reads."""
    if is_uri(place):
        check_store(place)
    return place


def check_artifact_store(uri: str) -> None:
    """Raises StoreError where one of TensorFlow, TFX and Beam would not write artifacts to an address."""
    check_store(uri)
    if uri.startswith(S3) and find_spec("boto3") is None:
        raise StoreError(f"Beam writes artifacts to {S3} by boto3, which is not installed. Received: {uri}. {_EXTRA}")


def path_at(place: "epath.PathLike") -> "epath.Path":
    """The path of a place on this machine or at an object store, whose file system it loads.

    Raises:
      StoreError: an address that nothing here reads.
    """
    from etils import epath

    text = os.fspath(place)
    if is_uri(text):
        check_store(text)
        load_file_system(text)
    return epath.Path(text)


def load_file_system(uri: str) -> None:
    """Gives TensorFlow, in this process, the file system of an address that `check_store` took."""
    if uri.startswith(S3):
        _load_s3()


@cache
def _load_s3() -> None:
    # TensorFlow I/O knows another name for what boto3 calls AWS_ENDPOINT_URL_S3.
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        os.environ.setdefault("S3_ENDPOINT", endpoint)
    # Registers the file systems that it has.
    import tensorflow_io  # noqa: F401
