"""The argument ROOT_OR_REGISTRY of commands: a pipeline's root, or a registry, here or at an object store."""

from pathlib import Path

from pipeline.errors import UsageError
from records.root import REGISTRY
from records.stores import StoreError, is_uri, path_at
from serving.registry import Registry
from serving.registry.folder import INDEX


def registry_at(place: str) -> Registry:
    """The registry of a root, or at the place itself.

    Raises:
      UsageError: no model was pushed there, or nothing here reads the address.
    """
    try:
        path = path_at(place if is_uri(place) else Path(place).expanduser())
    except StoreError as error:
        raise UsageError(str(error)) from None
    below = path / REGISTRY
    # A model may be called registry, too.
    if below.is_dir() and not (below / INDEX).exists():
        path = below
    registry = Registry(path)
    if not registry.models():
        raise UsageError(
            f"ROOT_OR_REGISTRY must be a root or a registry that a model was pushed to. Received: {place}. "
            "`slipway run` pushes one."
        )
    return registry
