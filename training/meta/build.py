"""A model from episodes to predictions, out of a network and a learner's options."""

from collections.abc import Sequence

import keras

from training.meta.learner_options import LearnerOptions
from training.meta.losses import TaskLoss

# Name of the one output, `[task, step, query, output]`.
PREDICTIONS = "predictions"


def episodic_model(
    *,
    network: keras.Model,
    options: LearnerOptions,
    loss: TaskLoss,
    shot: int,
    queries: int,
    example_shape: Sequence[int],
    outputs: int,
) -> keras.Model:
    """A functional model: `support_x`, `support_y`, `support_weight` and `query_x` by name to `predictions`.

    Args:
      network: network of single examples, which the learner adapts.
      options: the learner's options.
      loss: loss of support and query examples.
      shot: support examples of an episode, all classes together.
      queries: query examples of an episode, all classes together.
      example_shape: shape of one example.
      outputs: numbers predicted of one example; for classes, one logit each.
    """
    is_classes = loss == "cross_entropy"
    inputs = {
        "support_x": keras.Input((shot, *example_shape), name="support_x"),
        "support_y": keras.Input(
            (shot,) if is_classes else (shot, outputs),
            name="support_y",
            dtype="int32" if is_classes else keras.config.floatx(),
        ),
        "support_weight": keras.Input((shot,), name="support_weight"),
        "query_x": keras.Input((queries, *example_shape), name="query_x"),
    }
    learner = options.build_layer(network=network, loss=loss, outputs=outputs)
    return keras.Model(inputs, {PREDICTIONS: learner(inputs)}, name="few_shot")
