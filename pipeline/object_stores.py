"""The folders of a run at object stores, tried before anything runs."""

from collections.abc import Callable

import tensorflow as tf
from tfx.dsl.io import fileio

from pipeline.errors import UsageError
from pipeline.places import Places
from records.stores import is_uri, path_at


def prepare_stores(places: Places) -> None:
    """Makes the folders of artifacts and registry, where they are at an object store.

    Raises:
      UsageError: one cannot be written: there is no such bucket, or nobody may write to it with these credentials.
    """
    # As TFX writes artifacts, and as the registry writes versions.
    _try("artifacts", places.pipeline_root, fileio.makedirs)
    _try("push.registry", places.registry, _write_and_remove)


def _write_and_remove(place: str) -> None:
    path = path_at(place) / ".writable"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    path.unlink()


def _try(key: str, place: str, write: Callable[[str], object]) -> None:
    if not is_uri(place):
        return
    try:
        write(place)
    except (OSError, tf.errors.OpError) as error:
        raise UsageError(
            f"{key} must be a folder that can be written. Received: {place} ({str(error).splitlines()[0]}). Make the "
            f"bucket, and give credentials by the environment, as docs/object_stores.md says."
        ) from None
