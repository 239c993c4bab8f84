"""The code of a step: the modules that its executor comes to import, late imports too, and versions of libraries.

Both are among a step's properties, so that the cache sees new code, and can say which code is new.
"""

import functools
import hashlib
import importlib.metadata
import platform
import re
from collections.abc import Iterable, Mapping

from packaging.utils import canonicalize_name
from pydantic import BaseModel, ConfigDict

from pipeline.module_source import MethodName, ModuleSource, Part
from pipeline.rooms import ROOMS
from pipeline.source_tree import SourceTree

# What a trained model's file needs to be loaded is what built the model.
IMPLIED: Mapping[MethodName, set[MethodName]] = {
    ("task", "load_model"): {("task", "model"), ("task", "training_model")}
}
# What may be a module's name.
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


# The first part of each path in a distribution's RECORD.
_TOP = re.compile(r"^[^/,.\n]+", re.MULTILINE)
# A distribution's name there.
_NAME = re.compile(r"^([^/,\n]+)-[^-/,\n]+\.dist-info/", re.MULTILINE)


class StepCode(BaseModel):
    """Attributes:
    modules: {module of ours or of the user's: digest of what the step may run in it}; also files beside the user's
      modules that these name.
    versions: {distribution that those modules import: its version}, and that of Python.
    """

    model_config = ConfigDict(frozen=True)

    modules: dict[str, str]
    versions: dict[str, str]

    @property
    def digest(self) -> str:
        """A digest of all modules and versions."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


def step_code(*modules: str, tree: SourceTree | None = None) -> StepCode:
    """The code that runs where these modules are imported and used.

    An `import` anywhere in a module is followed, but for those inside methods of tasks and of options, which are
    followed where the method's name stands in code that is reached. A string that is a module's name counts as an
    import, and one in a user's module that is the name of a file beside it counts as reading it. Modules that are
    installed are not followed; a TFX component's executor is read for what it imports.

    Args:
      modules: names.
      tree: where they are found; several steps of one pipeline share it.
    """
    return _Walk(modules, tree or SourceTree()).result()


class _Walk:
    """From module to module until nothing new is found."""

    def __init__(self, modules: Iterable[str], tree: SourceTree) -> None:
        self._tree = tree
        self._methods: set[MethodName] = set()
        self._reached: dict[str, set[MethodName]] = {}
        self._installed: set[str] = set()
        self._files: dict[str, str] = {}
        for module in modules:
            self._import(module)
            if module not in self._reached:
                self._read_installed(module)
        while self._reach_methods():
            pass

    def result(self) -> StepCode:
        found = {module: self._tree.source(module) for module in sorted(self._reached)}
        return StepCode(
            modules={
                **{module: _digest(source, self._reached[module]) for module, source in found.items() if source},
                **self._files,
            },
            versions={"python": platform.python_version(), **_versions(frozenset(self._installed))},
        )

    def _import(self, module: str, name: str | None = None) -> None:
        if not self._tree.is_ours(module.partition(".")[0]):
            self._installed.add(module)
            return
        parts = module.split(".")
        for end in range(1, len(parts) + 1):
            self._visit(".".join(parts[:end]))
        source = self._tree.source(module)
        if name is not None and self._tree.source(f"{module}.{name}") is not None:
            self._visit(f"{module}.{name}")
        elif source is not None and "__getattr__" in source.defined and name not in source.defined:
            # A package that finds its public names when they are asked for.
            self._follow_texts(source.always, module)

    def _visit(self, module: str) -> None:
        source = self._tree.source(module)
        if source is None or module in self._reached:
            return
        self._reached[module] = set()
        self._follow(source.always, module, has_texts="__getattr__" not in source.defined)

    def _follow(self, part: Part, module: str, *, has_texts: bool = True) -> None:
        self._methods |= part.methods
        for method in part.methods & IMPLIED.keys():
            self._methods |= IMPLIED[method]
        for imported, name in part.imports:
            self._import(imported, name)
        if has_texts:
            self._follow_texts(part, module)

    def _follow_texts(self, part: Part, module: str) -> None:
        """Modules and files that strings name; a word without a dot is a module's name in the user's code alone."""
        is_users = module.partition(".")[0] not in ROOMS
        for text in part.texts:
            is_name = _MODULE.fullmatch(text) and ("." in text or is_users)
            if is_name and self._tree.source(text) is not None:
                self._import(text)
            file = self._tree.file_beside(module, text) if is_users else None
            if file is not None:
                self._files[f"{module}: {text}"] = hashlib.sha256(file.read_bytes()).hexdigest()[:8]

    def _reach_methods(self) -> bool:
        """Adds the methods whose names have turned up; whether there were any."""
        found = [
            (module, name, part)
            for module, reached in self._reached.items()
            if (source := self._tree.source(module)) is not None
            for name, part in source.by_name.items()
            if name in self._methods and name not in reached
        ]
        for module, name, part in found:
            self._reached[module].add(name)
            self._follow(part, module)
        return bool(found)

    def _read_installed(self, module: str) -> None:
        source = self._tree.read_installed(module)
        if source is not None:
            self._installed |= {name for name, _ in source.always.imports}


def _digest(source: ModuleSource, reached: set[MethodName]) -> str:
    digests = [source.always.digest, *(f"{name} {source.by_name[name].digest}" for name in sorted(reached))]
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()[:8]


@functools.cache
def _versions(modules: frozenset[str]) -> dict[str, str]:
    found = {each for module in modules for each in _distributions(module)}
    return dict(sorted((canonicalize_name(each.name), each.version) for each in found))


@functools.cache
def _owners() -> dict[str, list[tuple[importlib.metadata.Distribution, str]]]:
    """{top-level module: distributions, each with a list of its files}. `importlib.metadata.packages_distributions`
    knows on this Python those alone that list their modules in `top_level.txt`, which NumPy does not.

    Of a distribution that is there twice it is the first that is imported. Setuptools, when something imports it, adds
    copies of its own behind the others."""
    found: dict[str, list[tuple[importlib.metadata.Distribution, str]]] = {}
    names = set()
    for distribution in importlib.metadata.distributions():
        record = distribution.read_text("RECORD") or ""
        # Its metadata, which has the name too, takes long to parse.
        name = _NAME.search(record)
        if name is None or canonicalize_name(name[1]) in names:
            continue
        names.add(canonicalize_name(name[1]))
        for top in set(_TOP.findall(record)):
            found.setdefault(top, []).append((distribution, record))
    return found


@functools.cache
def _distributions(module: str) -> list[importlib.metadata.Distribution]:
    """The distributions that a module is from; of a namespace such as `google`, those that hold the very module."""
    owners = _owners().get(module.partition(".")[0], [])
    folder = module.replace(".", "/")
    return [
        distribution
        for distribution, record in owners
        if len(owners) == 1 or f"\n{folder}/" in f"\n{record}" or f"\n{folder}.py" in f"\n{record}"
    ]
