"""What TFX's Transform calls by its dotted path."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tasks.loading import TaskSpec


def preprocessing_fn(
    inputs: Mapping[str, tf.Tensor | tf.SparseTensor], custom_config: Mapping[str, Any]
) -> dict[str, tf.Tensor]:
    """The preprocessing_fn of the task that `custom_config` holds."""
    return TaskSpec.parse(custom_config["task_spec"]).preprocessing_fn(inputs)
