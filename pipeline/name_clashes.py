"""Modules of the user's own that have the names of the project's packages, found without importing one."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.rooms import HOME, ROOMS
from pipeline.source_tree import SourceTree


def check_own_modules(task: str, folder: Path) -> None:
    """Refuses imports that ours answer where the user's modules were meant, those inside functions too.

    A file or a folder of such a name that nothing imports is left alone: many keep their data in `data`.

    Args:
      task: its dotted path; a module of the user's is on Python's path.
      folder: folder of the config.

    Raises:
      ConfigError: names the module that imports, and what has to be renamed.
    """
    for importer, beside, imported in _imports(task, folder):
        place = _own_place(imported, beside)
        if place is not None:
            raise ConfigError(
                f"{', '.join(ROOMS)} are packages of Slipway's, so that no module of your own can be imported by such "
                f"a name. Received: {imported}, imported by {importer}, where {place} was meant. Rename {place}, and "
                f"the import."
            )


def _imports(task: str, folder: Path) -> Iterator[tuple[str, Path, str]]:
    """Who imports, the folder that it lies in, and the dotted name, of each import from a package of ours that the task
    comes to in the user's modules."""
    tree, seen = SourceTree(), set[str]()
    waiting = [("the config", folder, task)]
    while waiting:
        importer, beside, imported = waiting.pop()
        if imported.partition(".")[0] in ROOMS:
            yield importer, beside, imported
            continue
        for own in _with_parents(imported):
            source = None if own in seen else tree.source(own)
            seen.add(own)
            for part in (source.always, *source.by_name.values()) if source else ():
                names = (f"{module}.{name}" if name else module for module, name in part.imports)
                waiting += [(own, tree.folder(own), name) for name in names]


def _own_place(imported: str, folder: Path) -> Path | None:
    """The file or folder, of the first part's name, that was meant: none where ours alone has all of the modules that
    the user's have, and one more."""
    depth = _depth(imported, folder)
    if depth == 0 or depth < _depth(imported, HOME):
        return None
    top = folder / imported.partition(".")[0]
    return top.with_suffix(".py") if depth == 1 and not _is_package(top) else top


def _depth(imported: str, folder: Path) -> int:
    """How many parts the longest module has that Python would find in the folder."""
    paths = [folder.joinpath(*name.split(".")) for name in _with_parents(imported)]
    found = (
        depth for depth, path in enumerate(paths, start=1) if _is_package(path) or path.with_suffix(".py").is_file()
    )
    return max(found, default=0)


def _is_package(path: Path) -> bool:
    return (path / "__init__.py").is_file()


def _with_parents(name: str) -> list[str]:
    """`a`, `a.b` and `a.b.c` of `a.b.c`."""
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]
