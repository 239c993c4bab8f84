"""The grid of `slipway analyze`: named candidates, each by what differs from the config. Needs no TensorFlow."""

import re
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from data.did_you_mean import did_you_mean, did_you_mean_path
from pipeline.config import PipelineConfig
from pipeline.config_mistakes import validated
from pipeline.errors import ConfigError
from tasks.loading import TaskSpec
from tasks.overrides import with_values
from training.options import TrainOptions

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_FORM = "names, each with values by dotted key, such as small: {options.model.widths: [8, 16]}"


def load_grid(path: Path, config: PipelineConfig) -> dict[str, tuple[dict[str, Any], TaskSpec, TrainOptions]]:
    """`{name: (values, the task with them, the training with them)}` of a grid file, in its order.

    Raises:
      ConfigError: names the candidate, the rule and what was received.
    """
    try:
        raw = yaml.safe_load(path.read_text())
    except OSError as error:
        raise ConfigError(
            f"--grid must be a readable YAML file. Received: {path} ({error.strerror}).{did_you_mean_path(path)}"
        ) from None
    except yaml.YAMLError as error:
        raise ConfigError(f"--grid must be YAML. Received: {path}, which is not: {error}") from None
    if not isinstance(raw, dict) or not raw:
        raise ConfigError(f"--grid must hold {_FORM}. Received: {path}, which holds {type(raw).__name__}.")
    spec = config.task_spec()
    return {
        str(name): (values or {}, *_candidate(path, str(name), values or {}, spec, config))
        for name, values in raw.items()
    }


def _candidate(
    path: Path, name: str, values: Any, spec: TaskSpec, config: PipelineConfig
) -> tuple[TaskSpec, TrainOptions]:
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{path}: a name must be letters, digits, dots and dashes. Received: {name!r}.")
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: a grid must hold {_FORM}. Received: {name}: {values!r}.")
    for key in values:
        if not str(key).startswith(("options.", "train.")):
            meant = did_you_mean(str(key).partition(".")[0], ("options", "train"))
            raise ConfigError(f"{path}, {name}: a key must start with options. or train. Received: {key!r}.{meant}")
    make = partial(with_values, spec, config.train, values)
    return validated(make, {"train": TrainOptions, "options": type(spec.load().options)}, file=f"{path}, {name}")
