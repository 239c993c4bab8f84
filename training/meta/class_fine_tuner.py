"""Transfer learning, the comparison for meta-learners of classes: pre-train on all classes at once, then fine-tune."""

from typing import Any

import keras
import tensorflow as tf

from training.meta.gradient_learner import GradientLearner
from training.meta.per_example import per_example

# Name of the layer whose outputs the network's head takes.
FEATURES = "features"


@keras.saving.register_keras_serializable(package="slipway")
class ClassFineTuner(GradientLearner):
    """A GradientLearner whose body learns to tell all train classes apart, by a head of its own; the network's head,
    for the classes of an episode, is trained by the inner loop alone.

    The body's running statistics normalize support and queries alike. Source: Chen et al., "A Closer Look at Few-shot
    Classification", ICLR 2019, section 3.2 (Baseline).
    """

    def __init__(self, *, classes: int, **kwargs: Any) -> None:
        """Args:
        classes: to pre-train on.
        """
        super().__init__(**kwargs)
        self.pretraining_head = keras.layers.Dense(classes, name="pretraining_head")

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.pretraining_head.build(self.network.get_layer(FEATURES).output.shape)

    def pretrain(self, examples: tf.Tensor, *, training: bool = True) -> tf.Tensor:
        """Logits over all train classes of queries `[task, query, ...]`, `[task, query, class]`; updates statistics in
        training."""
        body = keras.Model(self.network.inputs, self.network.get_layer(FEATURES).output)
        return per_example(lambda x: self.pretraining_head(body({"x": x}, training=training)), examples)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "classes": self.pretraining_head.units}
