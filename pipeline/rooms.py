"""The project's own top-level packages, which are imported before anything else of these names can be."""

import importlib.util
import sys
from importlib.machinery import PathFinder
from pathlib import Path

ROOMS = (
    "pipeline",
    "studies",
    "inspection",
    "components",
    "tasks",
    "serving",
    "training",
    "compression",
    "models",
    "data",
    "records",
)
HOME = Path(__file__).resolve().parents[1]


class RoomTakenError(ImportError):
    """A module that is not ours has been imported by the name of one of our packages."""

    title = "Name clash"
    exit_code = 2


def import_rooms() -> None:
    """Imports our packages, all of them, from where this file lies.

    The names are common ones. By Python's path a `data` or `models` of the user's would come first: in the working
    directory of a notebook and of `python -m`, in PYTHONPATH, beside a config.

    Raises:
      RoomTakenError: it is too late.
    """
    for name in ROOMS:
        module = sys.modules.get(name)
        if module is None:
            _import(name)
        elif HOME / name not in map(_resolve, getattr(module, "__path__", ())):
            place = getattr(module, "__file__", None) or "a module of no file"
            raise RoomTakenError(
                f"{', '.join(ROOMS)} are packages of Slipway's. Received: {name}, imported before from {place}. Rename "
                f"that module, or leave it to a process of its own."
            )


def _resolve(path: str) -> Path:
    return Path(path).resolve()


def _import(name: str) -> None:
    spec = PathFinder.find_spec(name, [str(HOME)])
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
