"""Folders at object stores for tests: in memory always, on servers where the environment names buckets of theirs."""

import os
import pathlib
import uuid

import pytest
from etils import epath

from records.stores import path_at

# By scheme, the variable that names a folder that tests may fill; `scripts/object_stores.sh env` prints both.
VARIABLES = {"gs": "SLIPWAY_TEST_GCS", "s3": "SLIPWAY_TEST_S3"}


def fresh_folder(scheme: str) -> str:
    """The address of an empty folder on a server; skips the test where there is no server."""
    place = os.environ.get(VARIABLES[scheme])
    if not place:
        pytest.skip(f"no server: {VARIABLES[scheme]} names no folder; see scripts/object_stores.sh")
    return f"{place.rstrip('/')}/{uuid.uuid4().hex}"


def upload(folder: pathlib.Path, address: str) -> None:
    """Copies all files below a folder of this machine."""
    for directory, _, names in os.walk(folder):
        target = path_at(address) / os.path.relpath(directory, folder)
        target.mkdir(parents=True, exist_ok=True)
        for name in names:
            (target / name).write_bytes((pathlib.Path(directory) / name).read_bytes())


def contents(address: epath.PathLike) -> dict[str, bytes]:
    """Relative name -> content of all files below an address, as anybody who lists the store sees them."""
    found: dict[str, bytes] = {}
    # At s3:// there is no folder without a file in it.
    waiting = [path for path in [path_at(address)] if path.is_dir()]
    while waiting:
        for path in waiting.pop().iterdir():
            if path.is_dir():
                waiting.append(path)
            else:
                found[str(path).removeprefix(f"{address}/")] = path.read_bytes()
    return found
