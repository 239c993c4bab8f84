"""Asking a served model about files."""

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from serving.client.client import ServingClient
from serving.client.inputs import as_examples, as_tensors, read_rows
from serving.client.retries import Retries


def predict_remotely(
    url: str,
    patterns: Sequence[str],
    *,
    signature: str,
    image_feature: str,
    batch_size: int,
    timeout_secs: float,
) -> Iterator[str]:
    """Lines of JSON, one an example: where it is from, and what the model says.

    Args:
      url: of the model, see `serving.client.address`.
      patterns: files, see `serving.client.inputs`.
      signature: of the model; one that takes serialized tf.Examples gets features, another one gets tensors.
      image_feature: the feature that an image file is.
      batch_size: examples of a request.
      timeout_secs: of a request with all its attempts.

    Raises:
      ClientError: the server does not answer, or refuses a request.
      ModelInputError: a file that is no input.
    """
    with ServingClient(url, retries=Retries(timeout_secs=timeout_secs)) as client:
        info = client.signature(signature)
        rows = read_rows(patterns, image_feature=image_feature)
        while batch := list(itertools.islice(rows, batch_size)):
            inputs = {next(iter(info.inputs)): as_examples(batch)} if info.takes_examples else as_tensors(batch)
            outputs = client.predict(inputs, signature=signature)
            for index, row in enumerate(batch):
                predictions = {name: _plain(values[index]) for name, values in outputs.items()}
                yield json.dumps({"origin": row.origin, "predictions": predictions})


def _plain(value: Any) -> Any:
    """A value for JSON; bytes as text."""
    if isinstance(value, np.ndarray):
        return [_plain(one) for one in value]
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value.item() if isinstance(value, np.generic) else value
