"""A module's source as what its import runs and what is only run when it is called by its name.

Read as text: nothing is imported, and neither comments nor docstrings count.
"""

import ast
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from pipeline.class_kinds import ClassKind, class_kinds, imported_from

# A decorator other than these may hand a function to somebody who calls it: pydantic's validators do.
TRANSPARENT = frozenset(
    {"property", "classmethod", "staticmethod", "abstractmethod", "cached_property", "cache", "lru_cache"}
)
# What takes the name of an attribute as a text.
BY_TEXT = frozenset({"getattr", "attrgetter", "methodcaller"})
# Kinds of classes whose methods run only where their names stand.
MethodKind: TypeAlias = Literal["task", "options"]
KINDS: tuple[MethodKind, ...] = ("task", "options")
# A method of a task or of options, by its name; methods of one kind and name are one.
MethodName: TypeAlias = tuple[MethodKind, str]


@dataclass
class Part:
    """Source that runs together.

    Attributes:
      digest: digest of the syntax, without docstrings.
      imports: (module, name in it or None), as `import` statements say, those inside functions too.
      methods: methods that it may call, as their names stand in it.
      texts: whole string literals, which may be names of modules.
    """

    digest: str = ""
    imports: set[tuple[str, str | None]] = field(default_factory=set)
    methods: set[MethodName] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class ModuleSource:
    """One module.

    Attributes:
      always: what runs wherever the module is imported.
      by_name: what runs only where its name stands.
      defined: names that the module has without importing a submodule.
      kinds: kinds of its classes, those included that it imports and hands out.
    """

    always: Part
    by_name: Mapping[MethodName, Part]
    defined: frozenset[str]
    kinds: Mapping[str, ClassKind]


def read_module(
    path: Path, module: str, package: str, *, kind_of: Callable[[str, str], ClassKind | None]
) -> ModuleSource:
    """Args:
    path: path of the file.
    module: name of the module.
    package: package that relative imports start from.
    kind_of: what kind a class of another module is, by the module's name and its own.
    """
    # As bytes, whose encoding the first lines may name.
    tree = ast.parse(path.read_bytes(), filename=str(path))
    kinds = class_kinds(tree, module, package, kind_of)
    always = _Reading(package)
    by_name: dict[MethodName, _Reading] = {}
    for node in _without_docstring(tree.body):
        if isinstance(node, ast.ClassDef) and (kind := kinds.get(node.name)) in KINDS:
            methods = _methods_by_name(node)
            for method in methods:
                by_name.setdefault((kind, method.name), _Reading(package)).read_method(method, node)
            node.body = [each for each in node.body if each not in methods]
        always.read(node)
    return ModuleSource(
        always=always.part(),
        by_name={name: reading.part() for name, reading in by_name.items()},
        defined=frozenset(_list_defined(tree)),
        kinds=kinds,
    )


class _Reading:
    """A part that is being read."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._part = Part()
        self._syntax: list[str] = []

    def part(self) -> Part:
        """All that was read."""
        self._part.digest = hashlib.sha256("\0".join(self._syntax).encode()).hexdigest()[:16]
        return self._part

    def read_method(self, method: ast.FunctionDef, owner: ast.ClassDef) -> None:
        """Adds a method."""
        self._syntax.append(owner.name)
        self.read(method, _fields(owner))

    def read(self, node: ast.AST, fields: frozenset[str] = frozenset()) -> None:
        """Adds a node; `fields` are those of the class around it, whose values are no methods."""
        if isinstance(node, ast.If) and ast.unparse(node.test).rpartition(".")[2] == "TYPE_CHECKING":
            for each in node.orelse:
                self.read(each, fields)
            return
        self._collect(node, fields)
        if isinstance(node, ast.ClassDef):
            fields = _fields(node)
        self._syntax.append(type(node).__name__)
        for name in node._fields:
            value = getattr(node, name)
            if isinstance(value, ast.AST):
                self.read(value, fields)
            elif isinstance(value, list):
                for each in _without_docstring(value) if name == "body" else value:
                    self.read(each, fields) if isinstance(each, ast.AST) else self._syntax.append(repr(each))
                self._syntax.append("]")
            else:
                self._syntax.append(repr(value))

    def _collect(self, node: ast.AST, fields: frozenset[str]) -> None:
        part = self._part
        if isinstance(node, ast.Attribute):
            part.methods.add(("options", node.attr))
            if not _is_value(node, fields):
                part.methods.add(("task", node.attr))
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                part.texts.add(node.value)
        elif isinstance(node, ast.Call):
            if _last_name(node.func) in BY_TEXT:
                constants = [each.value for each in node.args if isinstance(each, ast.Constant)]
                names = {value for value in constants if isinstance(value, str)}
                part.methods |= {(kind, name) for kind in KINDS for name in names}
        elif isinstance(node, ast.Import):
            part.imports |= {(alias.name, None) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            part.imports |= {(imported_from(node, self._package), alias.name) for alias in node.names}


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    return body[1:] if body and isinstance(body[0], ast.Expr) and _is_text(body[0].value) else body


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _methods_by_name(node: ast.ClassDef) -> list[ast.FunctionDef]:
    """Methods that nothing calls but code in which their names stand; not what the class's body gives on itself, such
    as `metrics = _metrics`, nor what pydantic calls."""
    methods = [each for each in node.body if isinstance(each, ast.FunctionDef)]
    rest = [each for each in node.body if each not in methods]
    bound = {each.id for statement in rest for each in ast.walk(statement) if isinstance(each, ast.Name)}
    return [
        method
        for method in methods
        if not method.name.startswith("__")
        and method.name != "model_post_init"
        and method.name not in bound
        and all(_last_name(decorator) in TRANSPARENT for decorator in method.decorator_list)
    ]


def _last_name(node: ast.expr) -> str:
    """`cache` of `functools.cache` and of `functools.cache()`."""
    called = node.func if isinstance(node, ast.Call) else node
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def _fields(node: ast.ClassDef) -> frozenset[str]:
    """Fields of instances alone: a class variable may be a property in a subclass."""
    return frozenset(
        each.target.id
        for each in node.body
        if isinstance(each, ast.AnnAssign)
        and isinstance(each.target, ast.Name)
        and "ClassVar" not in ast.unparse(each.annotation)
    )


def _is_value(node: ast.Attribute, fields: frozenset[str]) -> bool:
    """Whether it is `options.NAME` or a field of its own class: no task's method, though one may have its name."""
    owner = _last_name(node.value) if isinstance(node.value, ast.Attribute | ast.Name) else ""
    return owner == "options" or (owner == "self" and node.attr in fields)


def _list_defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
