"""The project's modules and the user's, found and read without importing one."""

import functools
import importlib.util
import sys
import sysconfig
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from pipeline.class_kinds import ClassKind
from pipeline.module_source import ModuleSource, read_module
from pipeline.rooms import HOME, ROOMS


class SourceTree:
    """Looks each module up once; files that change afterwards are seen by another tree."""

    def __init__(self) -> None:
        self._specs: dict[str, ModuleSpec | None] = {}
        self._sources: dict[str, ModuleSource | None] = {}

    def source(self, module: str) -> ModuleSource | None:
        """None where there is no such module, where it is installed, or where it has no Python source."""
        if module not in self._sources:
            # Where modules import each other, one that is being read is nobody's base yet.
            self._sources[module] = None
            if self.is_ours(module.partition(".")[0]):
                self._sources[module] = self._read(module)
        return self._sources[module]

    def read_installed(self, module: str) -> ModuleSource | None:
        """The source of an installed module."""
        return self._read(module)

    def is_ours(self, top: str) -> bool:
        """Whether a top-level module is the project's or lies somewhere else than what is installed: the user's own."""
        if top in ROOMS:
            return True
        spec = None if top in sys.stdlib_module_names else self._spec(top)
        places = [*(spec.submodule_search_locations or ()), spec.origin] if spec else []
        paths = [Path(place) for place in places if place]
        return bool(paths) and not any(map(_is_installed, paths))

    def folder(self, module: str) -> Path:
        """Where Python looked for a module that has a source, or for the package that it lies in."""
        spec = self._spec(module)
        assert spec is not None
        assert spec.origin is not None
        depth = module.count(".") + bool(spec.submodule_search_locations)
        return Path(spec.origin).resolve().parents[depth]

    def file_beside(self, module: str, name: str) -> Path | None:
        """A file that is no module, in the folder of one."""
        spec = self._spec(module)
        if spec is None or spec.origin is None or len(name) > 255 or "\0" in name:
            return None
        path = Path(spec.origin).parent / name
        return path if path.suffix not in ("", ".py") and path.is_file() else None

    def _read(self, module: str) -> ModuleSource | None:
        spec = self._spec(module)
        if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
            return None
        package = module if spec.submodule_search_locations else module.rpartition(".")[0]
        try:
            return read_module(Path(spec.origin), module, package, kind_of=self._kind_of)
        except SyntaxError:
            # No Python that runs; whoever imports it says so.
            return None

    def _kind_of(self, module: str, name: str) -> ClassKind | None:
        source = self.source(module)
        return None if source is None else source.kinds.get(name)

    def _spec(self, module: str) -> ModuleSpec | None:
        """Found without importing the packages that it lies in."""
        if module not in self._specs:
            self._specs[module] = self._find(module)
        return self._specs[module]

    def _find(self, module: str) -> ModuleSpec | None:
        parent, _, name = module.rpartition(".")
        if parent:
            package = self._spec(parent)
            folders = package.submodule_search_locations if package else None
            # By its last name: of a dotted one Python looks the package up among those imported.
            return None if folders is None else PathFinder.find_spec(name, list(folders))
        if module in ROOMS:
            # A file of this name beside a config hides nothing when a pipeline runs either.
            return PathFinder.find_spec(module, [str(HOME)])
        try:
            # The second knows what is installed for editing by an import hook.
            return PathFinder.find_spec(module) or importlib.util.find_spec(module)
        except ValueError:
            return None


def _is_installed(path: Path) -> bool:
    if not {"site-packages", "dist-packages"}.isdisjoint(path.parts):
        return True
    return any(path.is_relative_to(folder) for folder in _installed_folders())


@functools.cache
def _installed_folders() -> frozenset[str]:
    return frozenset(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
