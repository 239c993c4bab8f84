"""The project's modules and the user's, found and read without importing one."""

import functools
import sys
import sysconfig
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from pipeline.module_source import ModuleSource, read_module

ROOMS = ("pipeline", "inspection", "components", "tasks", "serving", "training", "compression", "models", "data")


class SourceTree:
    """Looks each module up once; files that change afterwards are seen by another tree."""

    def __init__(self) -> None:
        self._specs: dict[str, ModuleSpec | None] = {}
        self._sources: dict[str, ModuleSource | None] = {}

    def source(self, module: str) -> ModuleSource | None:
        """None where there is no such module, where it is installed, or where it has no Python source."""
        if module not in self._sources:
            is_ours = self.is_ours(module.partition(".")[0])
            self._sources[module] = self._read(module) if is_ours else None
        return self._sources[module]

    def installed(self, module: str) -> ModuleSource | None:
        """The same of a module that is installed."""
        return self._read(module)

    def is_ours(self, top: str) -> bool:
        """Whether a top-level module is the project's or lies somewhere else than what is installed: the user's own."""
        if top in ROOMS:
            return True
        spec = None if top in sys.stdlib_module_names else self._spec(top)
        if spec is None or spec.origin is None:
            return False
        return not any(Path(spec.origin).is_relative_to(folder) for folder in _installed_folders())

    def _read(self, module: str) -> ModuleSource | None:
        spec = self._spec(module)
        if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
            return None
        path = Path(spec.origin)
        package = module if spec.submodule_search_locations else module.rpartition(".")[0]
        return read_module(path, package, is_passive=self._is_passive)

    def _is_passive(self, module: str, name: str) -> bool:
        source = self.source(module)
        return source is not None and name in source.passive

    def _spec(self, module: str) -> ModuleSpec | None:
        """Found without importing the packages that it lies in."""
        if module not in self._specs:
            parent, _, _ = module.rpartition(".")
            package = self._spec(parent) if parent else None
            folders = package.submodule_search_locations if package else None
            is_lost = parent and folders is None
            self._specs[module] = None if is_lost else PathFinder.find_spec(module, folders)
        return self._specs[module]


@functools.cache
def _installed_folders() -> frozenset[str]:
    return frozenset(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
