"""A model from episodes to predictions, out of a network and a learner's options."""

from collections.abc import Sequence
from typing import Any

import keras

from training.meta.class_fine_tuner import ClassFineTuner
from training.meta.gradient_learner import GradientLearner
from training.meta.losses import TaskLoss
from training.meta.objective import LEARNER
from training.meta.options import FineTuningOptions, PrototypeOptions
from training.meta.prototypes import PrototypeLearner

# Name of the one output, `[task, step, query, output]`.
PREDICTIONS = "predictions"


def episodic_model(
    *,
    network: keras.Model,
    options: Any,
    loss: TaskLoss,
    shot: int,
    queries: int,
    example_shape: Sequence[int],
    outputs: int,
) -> keras.Model:
    """A functional model: `support_x`, `support_y`, `support_weight` and `query_x` by name to `predictions`.

    Args:
      network: that adapts.
      options: the learner's.
      loss: of support and query.
      shot: support examples of an episode, of all classes.
      queries: the same of queries.
      example_shape: of one example.
      outputs: numbers predicted of an example; classes, logits.
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
    if isinstance(options, PrototypeOptions):
        learner = PrototypeLearner(network=network, way=outputs, name=LEARNER)
    elif isinstance(options, FineTuningOptions) and is_classes:
        assert options.classes is not None, "tasks of classes ask for it"
        learner = ClassFineTuner(network=network, options=options, loss=loss, classes=options.classes, name=LEARNER)
    else:
        learner = GradientLearner(network=network, options=options, loss=loss, name=LEARNER)
    return keras.Model(inputs, {PREDICTIONS: learner(inputs)}, name="few_shot")
