"""The test episodes of a few-shot task."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf
from tensorflow_transform.tf_metadata import schema_utils

from data.errors import DataError
from tasks.few_shot.base import FewShot

# Episodes computed at a time.
BATCH = 25

# (features, episodes, targets) as `FewShot.to_batch` has them.
Batch: TypeAlias = tuple[Mapping[str, Any], Mapping[str, tf.Tensor], Mapping[str, tf.Tensor]]


class Episodes:
    """The test episodes of a task: the same that its pipeline's Evaluator judges."""

    def __init__(self, task: FewShot) -> None:
        """Raises DataError for an episode that cannot be read."""
        source = task.source()
        self._parameters = task.parameters
        self._serialized: list[bytes] = []
        for _, example in itertools.chain.from_iterable(map(source.examples, source.shards("test"))):
            if isinstance(example, DataError):
                raise example
            self._serialized.append(example.SerializeToString())
        spec = schema_utils.schema_as_feature_spec(task.schema()).feature_spec

        def parse(serialized: tf.Tensor) -> Batch:
            features = task.preprocessing_fn(tf.io.parse_example(serialized, spec))
            return (features, *task.to_batch(features))

        self._parse = tf.function(parse, input_signature=[tf.TensorSpec([None], tf.string)])

    def __len__(self) -> int:
        return len(self._serialized)

    def batch(self, places: Sequence[int]) -> Batch:
        """Episodes by their places, padded to the largest of the task."""
        return self._parse([self._serialized[place] for place in places])

    def batches(self) -> Iterator[Batch]:
        """All, in order."""
        places = range(len(self))
        return (self.batch(places[start : start + BATCH]) for start in range(0, len(places), BATCH))

    def parameters(self, features: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """{parameter of the tasks: its value for each episode of a batch}."""
        found = {name: features[name].values.numpy() for name in self._parameters}
        return {
            name: values.astype(bytes).astype(str) if values.dtype == object else values
            for name, values in found.items()
        }
