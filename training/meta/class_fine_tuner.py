"""Transfer learning, the comparison for meta-learners of classes: pre-train on all classes at once, then fine-tune."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from models.few_shot.names import FEATURES, X
from training.meta.gradient_learner import GradientLearner
from training.meta.learner import Episodes
from training.meta.per_example import per_example


@keras.saving.register_keras_serializable(package="slipway")
class ClassFineTuner(GradientLearner):
    """A GradientLearner whose outer loop trains the body to tell all train classes apart, by a head for these classes.
    The network's own head, for the classes of an episode, is trained by the inner loop alone.

    The body's running statistics normalize support and queries alike. Source: Chen et al., "A Closer Look at Few-shot
    Classification", ICLR 2019, section 3.2 (Baseline).
    """

    # Each query's place among all train classes.
    outer_label = "query_class"

    def __init__(self, *, classes: int, **kwargs: Any) -> None:
        """Args:
        classes: number of train classes.
        """
        super().__init__(**kwargs)
        self.pretraining_head = keras.layers.Dense(classes, name="pretraining_head")

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.pretraining_head.build(self.network.get_layer(FEATURES).output.shape)

    def outer_predictions(self, episodes: Episodes, *, steps: Sequence[int]) -> tf.Tensor:
        """Logits of the queries over all train classes, `[task, 1, query, class]`; updates running statistics."""
        return self._pretraining_logits(episodes, training=True)[:, None]

    def teach(self, episodes: Episodes) -> tf.Tensor:
        return self._pretraining_logits(episodes, training=False)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "classes": self.pretraining_head.units}

    def _pretraining_logits(self, episodes: Episodes, *, training: bool) -> tf.Tensor:
        body = keras.Model(self.network.inputs, self.network.get_layer(FEATURES).output)
        return per_example(lambda x: self.pretraining_head(body({X: x}, training=training)), episodes["query_x"])
