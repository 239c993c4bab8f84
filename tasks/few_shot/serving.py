"""Signatures that adapt: a client sends its labelled examples, and gets predictions of a model adapted to them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from tasks.finite import require_finite
from training.meta.objective import LEARNER
from training.meta.options import CAVIAOptions

if TYPE_CHECKING:
    from tasks.few_shot.base import EpisodeShape

CONTEXT = "context"


def endpoints(model: keras.Model, shape: "EpisodeShape", options: Any) -> Mapping[str, tuple[Any, list[Any]]]:
    """{name: (function, its specs)}; one task a call or several of the same sizes, of any number of examples.

    - `adapt_and_predict`: `support_x` `[task, shot, ...]`, `support_y` `[task, shot, output]` or, classes, `[task,
      shot]`, and `query_x` `[task, query, ...]`, to `prediction` `[task, query, output]` (classes: `probabilities`).
    - CAVIA also `adapt`: support alone, to `context` `[task, variable]`; and `predict_adapted`: `context` and
      `query_x`, to what `adapt_and_predict` gives, where no layer normalizes by the support set.

    The functions raise InvalidArgumentError for numbers that are none and for support sets that lack a class.
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
        given = checked({"support_x": x, "support_y": y}, shape)
        return {**given, "support_weight": tf.ones(tf.shape(x)[:2], x.dtype)}

    def named(outputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"probabilities": tf.nn.softmax(outputs)} if shape.is_classes else {"prediction": outputs}

    def adapt_and_predict(support_x: tf.Tensor, support_y: tf.Tensor, query_x: tf.Tensor) -> dict[str, tf.Tensor]:
        episodes = {**support(support_x, support_y), **checked({"query_x": query_x}, shape)}
        return named(learner.predict(learner.adapt(episodes), episodes))

    def adapt(support_x: tf.Tensor, support_y: tf.Tensor) -> dict[str, tf.Tensor]:
        [context] = learner.adapt(support(support_x, support_y))
        return {CONTEXT: context}

    def predict_adapted(context: tf.Tensor, query_x: tf.Tensor) -> dict[str, tf.Tensor]:
        given = checked({CONTEXT: context, "query_x": query_x}, shape)
        return named(learner.predict([given.pop(CONTEXT)], given))

    found: dict[str, tuple[Any, list[Any]]] = {
        "adapt_and_predict": (adapt_and_predict, [support_x, support_y, query_x])
    }
    if isinstance(options, CAVIAOptions):
        found["adapt"] = (adapt, [support_x, support_y])
        if not shape.is_classes:
            context = tf.TensorSpec([None, options.context], tf.float32, name=CONTEXT)
            found["predict_adapted"] = (predict_adapted, [context, query_x])
    return found


def checked(inputs: Mapping[str, tf.Tensor], shape: "EpisodeShape") -> dict[str, tf.Tensor]:
    """The inputs by name. Raises InvalidArgumentError for numbers that are none, and as `check_classes`."""
    if shape.is_classes and "support_y" in inputs:
        check_classes(inputs["support_y"], shape.outputs)
    return require_finite(inputs)


def check_classes(support_y: tf.Tensor, way: int) -> None:
    """Raises InvalidArgumentError unless each of a task's classes, which are numbered from 0 on, has an example."""
    rule = f"support_y must hold classes from 0 to {way - 1}"
    tf.debugging.assert_greater_equal(support_y, 0, message=rule)
    tf.debugging.assert_less(support_y, way, message=rule)
    there = tf.reduce_max(tf.one_hot(support_y, way), axis=1)
    # A task of fewer classes than the most there may be has the first ones.
    lacks = there[:, :-1] < there[:, 1:]
    tf.debugging.assert_equal(
        tf.reduce_any(lacks), False, message="support_y must hold an example of each class up to the highest"
    )
