"""The grid of `slipway analyze`: named candidates, each by what differs from the config. Needs no TensorFlow."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from data.did_you_mean import did_you_mean, did_you_mean_path
from studies.errors import GridError
from tasks.loading import TaskSpec
from training.options import TrainOptions

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_FORM = "names, each with values by dotted key, such as small: {options.model.widths: [8, 16]}"


@dataclass(frozen=True)
class Candidate:
    """One of the architectures.

    Attributes:
      name: its name in the grid.
      values: what differs from the config, by dotted key.
      spec: the task with these values.
      train: the training with these values.
    """

    name: str
    values: Mapping[str, Any]
    spec: TaskSpec
    train: TrainOptions


def load_grid(path: Path) -> dict[str, dict[str, Any]]:
    """`{name of a candidate: what differs from the config, by dotted key}` of a grid file, in its order.

    Raises:
      GridError: names the candidate, the rule and what was received.
    """
    try:
        raw = yaml.safe_load(path.read_text())
    except OSError as error:
        raise GridError(
            f"--grid must be a readable YAML file. Received: {path} ({error.strerror}).{did_you_mean_path(path)}"
        ) from None
    except yaml.YAMLError as error:
        raise GridError(f"--grid must be YAML. Received: {path}, which is not: {error}") from None
    if not isinstance(raw, dict) or not raw:
        raise GridError(f"--grid must hold {_FORM}. Received: {path}, which holds {type(raw).__name__}.")
    grid = {str(name): values or {} for name, values in raw.items()}
    for name, values in grid.items():
        _check_candidate(path, name, values)
    return grid


def _check_candidate(path: Path, name: str, values: Any) -> None:
    if not _NAME.fullmatch(name):
        raise GridError(f"{path}: a name must be letters, digits, dots and dashes. Received: {name!r}.")
    if not isinstance(values, dict):
        raise GridError(f"{path}: a grid must hold {_FORM}. Received: {name}: {values!r}.")
    for key in values:
        if not str(key).startswith(("options.", "train.")):
            meant = did_you_mean(str(key).partition(".")[0], ("options", "train"))
            raise GridError(f"{path}, {name}: a key must start with options. or train. Received: {key!r}.{meant}")
