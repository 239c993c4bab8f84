"""The folders of a run at object stores, tried before anything runs."""

import tensorflow as tf

from pipeline.errors import UsageError
from pipeline.places import Places
from records.stores import is_uri, path_at


def prepare_stores(places: Places) -> None:
    """Makes the folders of artifacts and registry, where they are at an object store.

    Raises:
      UsageError: one cannot be written: there is no such bucket, or nobody may write to it with these credentials.
    """
    for key, place in (("artifacts", places.pipeline_root), ("push.registry", places.registry)):
        if is_uri(place):
            _make(key, place)


def _make(key: str, place: str) -> None:
    try:
        path_at(place).mkdir(parents=True, exist_ok=True)
    except (OSError, tf.errors.OpError) as error:
        raise UsageError(
            f"{key} must be a folder that can be written. Received: {place} ({str(error).splitlines()[0]}). Make the "
            f"bucket, and give credentials by the environment, as docs/object_stores.md says."
        ) from None
