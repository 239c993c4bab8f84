"""What every learner's layer answers to the outer loop, to clients and to who compares learners."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import keras
import tensorflow as tf

# Name of the layer that adapts, in a model that maps episodes to predictions.
LEARNER = "learner"

# `support_x` `[task, shot, ...]`, `support_y` `[task, shot, output]` or, for classes, `[task, shot]`, `support_weight`
# `[task, shot]` (1; 0 for padding) and `query_x` `[task, query, ...]`.
Episodes: TypeAlias = Mapping[str, tf.Tensor]


class Learner(keras.layers.Layer):
    """From episodes to predictions of their queries after each inner step, `[task, step, query, output]`.

    A subclass implements `call`, `predictions`, `adapt` and `predict`, and is registered with Keras.

    Attributes:
      network: network of single examples, from named inputs `[example, ...]` to `[example, output]`.
    """

    # Name of the targets that `outer_predictions` are compared with.
    outer_label = "query_y"

    def __init__(self, *, network: keras.Model, name: str = LEARNER, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.network = network

    def predictions(self, episodes: Episodes, *, steps: Sequence[int], training: bool = False) -> tf.Tensor:
        """Predictions after these inner steps alone, `[task, step, query, output]`.

        Args:
          episodes: episodes.
          steps: numbers of inner steps, in rising order.
          training: whether running statistics, if the network keeps any, are updated.
        """
        raise NotImplementedError

    def adapt(self, support: Episodes) -> list[tf.Tensor]:
        """The inner loop: what the learner knows of each task after its support set, tensors `[task, ...]`.

        Args:
          support: episodes, whose queries are not looked at.
        """
        raise NotImplementedError

    def predict(self, adapted: Sequence[tf.Tensor], episodes: Episodes) -> tf.Tensor:
        """Predictions of queries, `[task, query, output]`.

        Args:
          adapted: tensors that `adapt` returned.
          episodes: `query_x` and, where the network normalizes queries by the support set, the support set.
        """
        raise NotImplementedError

    @property
    def adapted_parameters(self) -> int:
        """How many numbers of a task gradient steps change."""
        return 0

    @property
    def context_size(self) -> int:
        """Number of context variables, which then are the first tensor of `adapt`; 0 where there are none."""
        return 0

    def task_values(self, support: Episodes) -> list[tf.Tensor]:
        """What has to be sent to predict a task's queries elsewhere, tensors `[task, ...]`.

        Args:
          support: episodes, whose queries are not looked at.
        """
        return self.adapt(support)

    def outer_predictions(self, episodes: Episodes, *, steps: Sequence[int]) -> tf.Tensor:
        """What the outer loop compares with the targets `outer_label` in training, `[task, step, query, output]`.

        Args:
          episodes: episodes.
          steps: numbers of inner steps that the outer loop learns from, in rising order.
        """
        return self.predictions(episodes, steps=steps, training=True)

    def teach(self, episodes: Episodes) -> tf.Tensor:
        """What a student's `outer_predictions` should be after every inner step, `[task, query, output]`.

        Changes no running statistics.
        """
        return self.predict(self.adapt(episodes), episodes)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "network": keras.saving.serialize_keras_object(self.network)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Learner":
        return cls(**{**config, "network": keras.saving.deserialize_keras_object(config["network"])})
