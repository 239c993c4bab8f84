"""Downloads of known datasets: resumed where they broke off, checked, and placed whole or not at all."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from data.errors import DataError
from data.known.datasets import KnownDataset, RemoteFile

CHUNK_BYTES = 256 * 1024
TIMEOUT_SECS = 30.0
RETRIES = Retry(total=4, backoff_factor=0.5, status_forcelist=(500, 502, 503, 504), allowed_methods=("GET",))

# (file, bytes that are there, of how many)
Progress = Callable[[RemoteFile, int, int], None]


def fetch(dataset: KnownDataset, folder: Path, *, progress: Progress) -> list[str]:
    """Downloads the files of a dataset that are not there yet.

    Args:
      dataset: the dataset.
      folder: folder for its files, which is created.
      progress: called with each file, its bytes so far and its bytes in all.

    Returns:
      The names of the files that were downloaded; those that were there already, and are right, are not.

    Raises:
      DataError: the address cannot be reached, or gives something else than the published file. What was downloaded of
        it so far is kept, so that the next fetch goes on there; a file with the wrong content is not.
      OSError: the folder cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fetched = []
    with requests.Session() as session:
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=RETRIES))
        for file in dataset.files:
            place = folder / file.name
            if place.is_file() and _digest(place) == file.sha256:
                progress(file, file.size_bytes, file.size_bytes)
                continue
            _fetch(session, file, place, progress)
            fetched.append(file.name)
    return fetched


def _fetch(session: requests.Session, file: RemoteFile, place: Path, progress: Progress) -> None:
    part = place.with_name(place.name + ".part")
    try:
        _download(session, file, part, progress)
    except requests.RequestException as error:
        kept = part.stat().st_size if part.exists() else 0
        raise DataError(
            f"{file.url} must be reachable. Received: {str(error)[:300]}, after {kept:,} of {file.size_bytes:,} bytes, "
            f"which are kept. Type the same command again to go on, or bring the file by other ways to {place}."
        ) from error
    found = _digest(part)
    if found != file.sha256:
        part.unlink()
        raise DataError(
            f"{file.name} must have the SHA-256 {file.sha256}. Received: {found} from {file.url}. The download was "
            f"removed. Try again; if it stays so, the publisher changed the file."
        )
    part.replace(place)


def _download(session: requests.Session, file: RemoteFile, part: Path, progress: Progress) -> None:
    """Appends to `part` what it lacks; begins anew where the server does not resume."""
    have = part.stat().st_size if part.exists() else 0
    if have == file.size_bytes:
        return
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
    with session.get(file.url, headers=headers, stream=True, timeout=TIMEOUT_SECS) as response:
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            # What is there is longer than the file: not ours.
            part.unlink()
            raise requests.ConnectionError("a part that does not belong to the file, now removed")
        response.raise_for_status()
        is_rest = response.status_code == requests.codes.partial_content
        have = have if is_rest else 0
        length = response.headers.get("Content-Length")
        # A whole answer of another length is another file, for the digest to refuse; it does not break off.
        whole = have + int(length) if length is not None else file.size_bytes
        with part.open("ab" if is_rest else "wb") as stream:
            for chunk in response.iter_content(CHUNK_BYTES):
                stream.write(chunk)
                have += len(chunk)
                progress(file, have, file.size_bytes)
        if have < whole:
            raise requests.ConnectionError(f"the connection ended early, at {have:,} bytes")


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1024 * 1024):
            digest.update(block)
    return digest.hexdigest()
