"""The folders of a run at object stores, tried before anything runs."""

import tensorflow as tf

from pipeline.errors import UsageError
from pipeline.places import Places
from records.stores import is_uri, path_at


def prepare_stores(places: Places) -> None:
    """Tries to write where artifacts and registry go, where these are at an object store.

    Raises:
      UsageError: one cannot be written: there is no such bucket, or nobody may write to it with these credentials.
    """
    for key, place in (("artifacts", places.pipeline_root), ("push.registry", places.registry)):
        if is_uri(place):
            _try(key, place)


def _try(key: str, place: str) -> None:
    path = path_at(place) / ".writable"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
        path.unlink()
    except (OSError, tf.errors.OpError) as error:
        raise UsageError(
            f"{key} must be a folder that can be written. Received: {place} ({str(error).splitlines()[0]}). Make the "
            f"bucket, and give credentials by the environment, as docs/object_stores.md says."
        ) from None
