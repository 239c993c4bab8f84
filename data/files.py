"""Files that sources read, on this machine and at object stores."""

import os
import pathlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, NamedTuple, TypeVar

from etils import epath
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from records.stores import check_place, check_tensorflow_place, is_uri, path_at


def _as_text(value: object) -> object:
    """epath takes texts, and of addresses those that it knows."""
    return check_place(os.fspath(value)) if isinstance(value, str | os.PathLike) else value


def _as_tensorflow_s_text(value: object) -> object:
    return check_tensorflow_place(os.fspath(value)) if isinstance(value, str | os.PathLike) else value


SourcePath = Annotated[
    epath.Path,
    BeforeValidator(_as_text),
    AfterValidator(path_at),
    WithJsonSchema({"type": "string", "format": "path"}),
]
"""The type of those arguments of sources that are paths: local ones, and addresses such as gs://bucket/images."""

TensorFlowPath = Annotated[SourcePath, BeforeValidator(_as_tensorflow_s_text)]
"""The same of what TensorFlow itself reads."""

# Requests to a store that are under way at once, each of which waits for the network.
_REQUESTS = 32
# Files that are read ahead of their turn.
_AHEAD = 64

Item = TypeVar("Item")
Result = TypeVar("Result")


def join(folder: epath.Path, name: str) -> epath.Path:
    """The path of a name in a folder; the name may be a whole path, or an address."""
    return path_at(name) if is_uri(name) else folder / name


class Stamp(NamedTuple):
    """What tells whether a file is still the same."""

    size_bytes: int
    changed_ns: int


def stamp(path: epath.Path) -> Stamp:
    """The stamp of a file. Raises FileNotFoundError where it is not there."""
    if is_uri(os.fspath(path)):
        found = path.stat()
        return Stamp(found.length, found.mtime * 10**9)
    # Not path.stat(): that looks the owner's name up, and a container often runs as a user who has none.
    local = pathlib.Path(path).stat()
    return Stamp(local.st_size, local.st_mtime_ns)


def files_below(folder: epath.Path, suffixes: Iterable[str]) -> list[epath.Path]:
    """All files below a folder, in a fixed order; on this machine folders are among them.

    Args:
      folder: an existing folder.
      suffixes: endings, in lower case, of names that are no folder's. A store is asked about each other name.
    """
    if not is_uri(os.fspath(folder)):
        return [epath.Path(path) for path in sorted(pathlib.Path(folder).rglob("*"))]
    return list(_walk(folder, frozenset(suffixes)))


def _walk(folder: epath.Path, suffixes: frozenset[str]) -> Iterator[epath.Path]:
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in suffixes and path.is_dir():
            yield from _walk(path, suffixes)
        else:
            yield path


def each_file(work: Callable[[Item], Result], items: Iterable[Item], *, of: epath.Path) -> Iterator[Result]:
    """What `work` gives for each item, in their order; for files of a store, many at a time.

    Args:
      work: reads or asks about one file.
      items: what it is given.
      of: a path where the files lie.
    """
    if not is_uri(os.fspath(of)):
        yield from map(work, items)
        return
    with ThreadPoolExecutor(_REQUESTS) as threads:
        waiting: list[Any] = []
        for item in items:
            waiting.append(threads.submit(work, item))
            if len(waiting) > _AHEAD:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()
