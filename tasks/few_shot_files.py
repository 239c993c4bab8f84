"""Whether the files of a split hold episodes."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from training.input import read_examples


def hold_episodes(files: Sequence[str], feature_spec: Mapping[str, Any]) -> bool:
    """Whether examples are fixed episodes, as in the splits that models are judged on, or what to draw them from."""
    batches = read_examples(
        files, feature_spec=feature_spec, batch_size=1, to_batch=lambda features: features["shot"].values
    )
    return any(bool(tf.reduce_any(shots > 0)) for shots in batches.take(1))
