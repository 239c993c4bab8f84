"""A module's source as what its import runs and what is only run when it is called by its name.

Read as text: nothing is imported, and neither comments nor docstrings count.
"""

import ast
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Methods of these and of their subclasses, such as tasks and options, run only where their names stand. Of any other
# base nobody here knows what it calls by itself: a Keras layer's `call`, a Beam DoFn's `process`.
PASSIVE = frozenset({("pydantic", "BaseModel"), ("abc", "ABC")})
# A decorator other than these may hand a function to somebody who calls it: pydantic's validators do.
TRANSPARENT = frozenset({"property", "classmethod", "staticmethod", "abstractmethod"})


@dataclass
class Part:
    """Source that runs together.

    Attributes:
      digest: of the syntax, without docstrings.
      imports: (module, name in it or None), as `import` statements say, those inside functions too.
      names: of the attributes that it asks for.
      texts: whole string literals, which may be names of modules.
    """

    digest: str = ""
    imports: set[tuple[str, str | None]] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class ModuleSource:
    """One module.

    Attributes:
      always: what runs wherever the module is imported.
      by_name: what runs only where its name stands, by that name; methods of one name are one part.
      defined: names that the module has without importing a submodule.
      passive: the classes whose methods run only where their names stand.
    """

    always: Part
    by_name: dict[str, Part]
    defined: frozenset[str]
    passive: frozenset[str]


def read_module(path: Path, package: str, *, is_passive: Callable[[str, str], bool]) -> ModuleSource:
    """Args:
    path: of the file.
    package: that relative imports start from.
    is_passive: whether a class of another module is, by the module's name and its own.
    """
    tree = ast.parse(path.read_text())
    passive = _passive_classes(tree, package, is_passive)
    always, by_name = _Reading(package), {}
    for node in _without_docstring(tree.body):
        if isinstance(node, ast.ClassDef) and node.name in passive:
            methods = [each for each in node.body if _runs_by_name(each)]
            for method in methods:
                by_name.setdefault(method.name, _Reading(package)).read(method, _fields(node))
            node.body = [each for each in node.body if each not in methods]
        always.read(node)
    return ModuleSource(
        always=always.part(),
        by_name={name: reading.part() for name, reading in by_name.items()},
        defined=frozenset(_defined(tree)),
        passive=frozenset(passive),
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

    def read(self, node: ast.AST, fields: frozenset[str] = frozenset()) -> None:
        """Adds a node; `fields` are those of the class around it, whose values are no methods."""
        if isinstance(node, ast.If) and _is_for_type_checkers(node):
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
            if not _is_value(node, fields):
                part.names.add(node.attr)
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                part.texts.add(node.value)
        elif isinstance(node, ast.Import):
            part.imports |= {(alias.name, None) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            part.imports |= {(_absolute(node, self._package), alias.name) for alias in node.names}


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return body[1:] if is_text and isinstance(first.value.value, str) else body


def _is_for_type_checkers(node: ast.If) -> bool:
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _passive_classes(tree: ast.Module, package: str, is_passive: Callable[[str, str], bool]) -> set[str]:
    """Those whose bases all are."""
    imported = {
        alias.asname or alias.name: (_absolute(node, package), alias.name)
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    found: set[str] = set()

    def is_base_passive(base: ast.expr) -> bool:
        module, _, name = ast.unparse(base).rpartition(".")
        place = (module, name) if module else imported.get(name, ("", name))
        return name in found if place[0] == "" else place in PASSIVE or is_passive(*place)

    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.bases and all(is_base_passive(base) for base in node.bases):
            found.add(node.name)
    return found


def _runs_by_name(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.FunctionDef)
        and not node.name.startswith("__")
        and all(ast.unparse(decorator).rpartition(".")[2] in TRANSPARENT for decorator in node.decorator_list)
    )


def _fields(node: ast.ClassDef) -> frozenset[str]:
    return frozenset(
        each.target.id for each in node.body if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    )


def _absolute(node: ast.ImportFrom, package: str) -> str:
    base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
    return ".".join([*base, *([node.module] if node.module else [])])


def _is_value(node: ast.Attribute, fields: frozenset[str]) -> bool:
    """Whether it is `options.NAME` or a field of its own class: a value, though a task's method may have its name."""
    owner = node.value
    name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
    return name == "options" or (name == "self" and node.attr in fields)


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
