"""What a config file says, with what it extends and what the command line sets, before any of it is checked."""

import copy
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from data.did_you_mean import did_you_mean_path
from pipeline.errors import ConfigError
from records.stores import is_uri
from tasks.loading import put

# Of a file that a config's values are laid over, relative to the config.
EXTENDS = "extends"
# The keys that hold paths, one or many; relative ones start at the file that they are in.
PATHS = (
    ("root",),
    ("options", "source", "directory"),
    ("options", "source", "file"),
    ("options", "source", "files"),
    ("predict", "options", "source", "directory"),
    ("predict", "options", "source", "file"),
    ("schema_file",),
    ("data_gate", "skew", "logs"),
    ("predict", "options", "source", "files"),
    ("start", "registry"),
    ("start", "weights"),
    ("push", "registry"),
    ("beam", "job_server_jar"),
)


@dataclass(frozen=True, kw_only=True)
class Layer:
    """Values from one place, which are laid over those of others.

    Attributes:
      values: nested, relative paths made absolute.
      folder: folder of the modules beside the file; None where there is no file.
      origins: words for where a value comes from, by the dotted key of the value or of a section above it; the empty
        key stands for all values.
    """

    values: Mapping[str, Any]
    folder: Path | None
    origins: Mapping[str, str]


def read_layers(path: Path) -> list[Layer]:
    """A config and those that it extends, the one first that extends none; the root of these is not extended.

    Raises:
      ConfigError: a file is not there or holds no mapping, or extends itself.
    """
    layers: list[Layer] = []
    files: list[Path] = []
    extending = ""
    file: Path | None = path
    while file is not None:
        if file.resolve() in [each.resolve() for each in files]:
            chain = " -> ".join(map(str, [*files, file]))
            raise ConfigError(f"a config must not extend itself. Received: {chain}. Take out one of these `{EXTENDS}`.")
        values = dict(_read(file, extending))
        base = values.pop(EXTENDS, None)
        if files:
            # Each config has a root of its own: what extends another would else be compared with it in its registry.
            values.pop("root", None)
        if base is not None and not isinstance(base, str):
            raise ConfigError(f"{file}: {EXTENDS}: must be the path of a config. Received: {base!r}")
        folder = file.resolve().parent
        origins = {"": f"in {file}"} if files else {}
        layers.append(Layer(values=_with_absolute_paths(values, folder), folder=folder, origins=origins))
        files.append(file)
        extending = f", which {file} extends"
        file = None if base is None else file.parent / Path(base).expanduser()
    return layers[::-1]


def layer_of(changes: Mapping[str, Any]) -> Layer:
    """Values by their dotted keys, mappings laid over each other; relative paths start where the command runs."""
    values: dict[str, Any] = {}
    for key, value in changes.items():
        nested: dict[str, Any] = {}
        put(nested, key, value)
        values = _laid_over(values, nested)
    origins = {key: f"from --set {key}={_flow(value)}" for key, value in changes.items()}
    return Layer(values=_with_absolute_paths(values, Path.cwd()), folder=None, origins=origins)


def _laid_over(below: Any, above: Any) -> Any:
    """Without regard to kinds, as `config_layers.MergedValues` has: on one command line the order of `kind` and what
    belongs to it does not matter."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return below | {key: _laid_over(below.get(key), value) for key, value in above.items()}


def make_importable(folders: Sequence[Path]) -> None:
    """Lets modules in folders be imported, those of the first folder before others of the same name."""
    for folder in reversed(folders):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))


def _read(path: Path, extending: str) -> Mapping[str, Any]:
    try:
        raw = yaml.safe_load(path.read_text())
    except OSError as error:
        raise ConfigError(
            f"A config must be a readable YAML file. Received: {path} ({error.strerror}){extending}."
            f"{did_you_mean_path(path)}"
        ) from None
    except yaml.YAMLError as error:
        raise ConfigError(f"A config must be YAML. Received: {path}{extending}, which is not: {error}") from None
    if not isinstance(raw, dict):
        raise ConfigError(
            f"A config must be a mapping of keys. Received: {path}{extending}, which holds {type(raw).__name__}."
        )
    return raw


def _flow(value: Any) -> str:
    """YAML on one line."""
    return yaml.safe_dump(value, default_flow_style=True, width=float("inf")).removesuffix("...\n").strip()


def _with_absolute_paths(values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The values with the paths in them resolved against a folder."""
    resolved = copy.deepcopy(dict(values))
    for *sections, name in PATHS:
        section: Any = resolved
        for key in sections:
            section = section.get(key) if isinstance(section, dict) else None
        if isinstance(section, dict) and name in section:
            section[name] = _absolute(section[name], folder)
    return resolved


def _absolute(value: Any, folder: Path) -> Any:
    """A path, or those in mappings and lists, resolved against a folder; an address stays."""
    if isinstance(value, dict):
        return {key: _absolute(each, folder) for key, each in value.items()}
    if isinstance(value, list):
        return [_absolute(each, folder) for each in value]
    return str((folder / Path(value).expanduser()).resolve()) if isinstance(value, str) and not is_uri(value) else value
