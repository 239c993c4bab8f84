"""Pushed models, from Python."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from serving.registry import Stage
    from slipway.pushed_model import PushedModel


def load(
    name: str,
    *,
    stage: "Stage" = "production",
    version: int | None = None,
    root: str | os.PathLike[str] | None = None,
    registry: str | os.PathLike[str] | None = None,
) -> "PushedModel":
    """A pushed version of a model, ready to predict.

    Args:
      name: name of the model, which is the config's.
      stage: stage of the version; the newest where several have it.
      version: number of the version, instead of a stage.
      root: root of the pipeline that pushed it, whose registry is taken.
      registry: directory or URL. Without it and a root, the registries that `slipway registry` looks into.

    Raises:
      UsageError: there is no such registry, model or version.
      SavedModelError: what was pushed cannot be read.
    """
    from pipeline.commands.registry import registry_of
    from pipeline.errors import UsageError
    from records.root import REGISTRY
    from records.stores import is_uri
    from serving.registry import RegistryError
    from studies.errors import StudyUsageError
    from studies.pushed import find_version

    if root is not None and is_uri(os.fspath(root)):
        raise UsageError(f"a root is a directory on this machine. Received: {root}. Name its registry: registry=….")
    if registry is None and root is not None:
        registry = Path(root).expanduser() / REGISTRY
    try:
        found = registry_of(name, None if registry is None else os.fspath(registry))
        path = find_version(found.root, name, version, stage=stage)
    except (RegistryError, StudyUsageError) as error:
        raise UsageError(str(error)) from None
    from slipway.pushed_model import PushedModel

    return PushedModel(path)
