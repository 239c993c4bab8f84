"""Signatures that adapt: a client sends labelled examples and gets predictions of the model adapted to them."""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from tasks.few_shot.shape import EpisodeShape
from tasks.finite import require_finite
from training.meta.learner import LEARNER
from training.meta.learner_options import LearnerOptions

CONTEXT = "context"


def endpoints(model: keras.Model, shape: EpisodeShape, options: LearnerOptions) -> Mapping[str, tuple[Any, list[Any]]]:
    """Signatures, `{name: (function, TensorSpecs of its arguments)}`.

    A call takes one task or several tasks of the same sizes, with any number of examples.

    - `adapt_and_predict`: from `support_x` `[task, shot, ...]`, `support_y` `[task, shot, output]` or, for classes,
      `[task, shot]`, and `query_x` `[task, query, ...]`, to `prediction` `[task, query, output]` or, for classes,
      `probabilities` `[task, query, class]`.
    - `adapt`, for learners of context variables: from `support_x` and `support_y` to `context` `[task, variable]`.
    - `predict_adapted`, for learners of context variables where no layer normalizes by the support set: from `context`
      and `query_x` to what `adapt_and_predict` gives.

    The functions raise InvalidArgumentError for NaN and infinity and for support sets that lack a class.

    Args:
      model: model of `training.meta.build`.
      shape: sizes of its episodes.
      options: options of the learner.
    """
    learner = model.get_layer(LEARNER)
    example = [None, None, *shape.example_shape]
    support_x = tf.TensorSpec(example, tf.float32, name="support_x")
    query_x = tf.TensorSpec(example, tf.float32, name="query_x")
    if shape.is_classes:
        support_y = tf.TensorSpec([None, None], tf.int32, name="support_y")
    else:
        support_y = tf.TensorSpec([None, None, shape.outputs], tf.float32, name="support_y")

    def support(x: tf.Tensor, y: tf.Tensor) -> dict[str, tf.Tensor]:
        given = check_inputs({"support_x": x, "support_y": y}, shape)
        return {**given, "support_weight": tf.ones(tf.shape(x)[:2], x.dtype)}

    def named(outputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"probabilities": tf.nn.softmax(outputs)} if shape.is_classes else {"prediction": outputs}

    def adapt_and_predict(support_x: tf.Tensor, support_y: tf.Tensor, query_x: tf.Tensor) -> dict[str, tf.Tensor]:
        episodes = {**support(support_x, support_y), **check_inputs({"query_x": query_x}, shape)}
        return named(learner.predict(learner.adapt(episodes), episodes))

    def adapt(support_x: tf.Tensor, support_y: tf.Tensor) -> dict[str, tf.Tensor]:
        [context] = learner.adapt(support(support_x, support_y))
        return {CONTEXT: context}

    def predict_adapted(context: tf.Tensor, query_x: tf.Tensor) -> dict[str, tf.Tensor]:
        given = check_inputs({CONTEXT: context, "query_x": query_x}, shape)
        return named(learner.predict([given.pop(CONTEXT)], given))

    found: dict[str, tuple[Any, list[Any]]] = {
        "adapt_and_predict": (adapt_and_predict, [support_x, support_y, query_x])
    }
    if options.context_size:
        found["adapt"] = (adapt, [support_x, support_y])
        if not shape.is_classes:
            context = tf.TensorSpec([None, options.context_size], tf.float32, name=CONTEXT)
            found["predict_adapted"] = (predict_adapted, [context, query_x])
    return found


def check_inputs(inputs: Mapping[str, tf.Tensor], shape: EpisodeShape) -> dict[str, tf.Tensor]:
    """The inputs, unchanged; runs inside a graph.

    The graph raises InvalidArgumentError for NaN and infinity, and for classes as `check_classes` does.
    """
    if shape.is_classes and "support_y" in inputs:
        check_classes(inputs["support_y"], shape.outputs)
    return require_finite(inputs)


def check_classes(support_y: tf.Tensor, way: int) -> None:
    """Raises InvalidArgumentError unless each class of a task has an example; runs inside a graph.

    Args:
      support_y: classes of the support examples, numbered from 0 on, `[task, shot]`.
      way: the most classes that a task may have.
    """
    rule = f"support_y must hold classes from 0 to {way - 1}"
    tf.debugging.assert_greater_equal(support_y, 0, message=rule)
    tf.debugging.assert_less(support_y, way, message=rule)
    there = tf.reduce_max(tf.one_hot(support_y, way), axis=1)
    # A task of fewer classes than the most there may be has the first ones.
    lacks = there[:, :-1] < there[:, 1:]
    tf.debugging.assert_equal(
        tf.reduce_any(lacks), False, message="support_y must hold an example of each class up to the highest"
    )
