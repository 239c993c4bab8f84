"""Finds the classes of a module that are tasks or options, by their bases, without importing one."""

import ast
from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

# Methods of tasks and of options run only where their names stand. Of any other base nobody here knows what it calls by
# itself: a Keras layer's `call`, a Beam DoFn's `process`. A plain class has no base and says nothing about a subclass.
ClassKind: TypeAlias = Literal["task", "options", "plain"]
ROOTS: Mapping[tuple[str, str], ClassKind] = {("pydantic", "BaseModel"): "options", ("tasks.base", "Task"): "task"}


def class_kinds(
    tree: ast.Module, module: str, package: str, kind_of: Callable[[str, str], ClassKind | None]
) -> dict[str, ClassKind]:
    """{class: its kind} of those that have one, and of imported ones, which a package gives on.

    Args:
      tree: syntax tree of the module.
      module: its name.
      package: package that relative imports start from.
      kind_of: what kind a class of another module is.
    """
    places = _list_imported(tree, package)
    found: dict[str, ClassKind] = {}
    for name, (origin, original) in places.items():
        kind = ROOTS.get((origin, original)) or kind_of(origin, original) if original else None
        if kind is not None:
            found[name] = kind

    def kind_of_base(base: ast.expr) -> ClassKind | None:
        path, _, name = ast.unparse(base).rpartition(".")
        if not path:
            return found.get(name)
        first, _, rest = path.partition(".")
        owner = ".".join(filter(None, [*places.get(first, (first, "")), rest]))
        return ROOTS.get((owner, name)) or kind_of(owner, name)

    for node in (each for each in tree.body if isinstance(each, ast.ClassDef)):
        kinds = {kind_of_base(base) for base in node.bases}
        kind = ROOTS.get((module, node.name)) or _common(kinds)
        # A class may have the name of one that was imported.
        found.pop(node.name, None)
        if kind is not None:
            found[node.name] = kind
    return found


def imported_from(node: ast.ImportFrom, package: str) -> str:
    """The module that an import names, from the top."""
    base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
    return ".".join([*base, *([node.module] if node.module else [])])


def _common(kinds: set[ClassKind | None]) -> ClassKind | None:
    """The kind of a class with bases of these kinds; options come first, whose methods are found in more places."""
    if None in kinds:
        return None
    return "options" if "options" in kinds else "task" if "task" in kinds else "plain"


def _list_imported(tree: ast.Module, package: str) -> dict[str, tuple[str, str]]:
    """{name here: (module, name there)}; of a module's own alias, without a name there."""
    found: dict[str, tuple[str, str]] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            origin = imported_from(node, package)
            found |= {alias.asname or alias.name: (origin, alias.name) for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.asname: (alias.name, "") for alias in node.names if alias.asname}
    return found
