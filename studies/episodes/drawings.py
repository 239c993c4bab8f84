"""What is drawn of few-shot episodes, JSON-serializable; see `studies.episodes.charts`."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

from studies.episodes.episodes import Episodes
from studies.episodes.learners import PushedLearner
from studies.serialization import rounded_lists
from tasks.few_shot.base import FewShot

# Curves drawn.
FITS = 6

Tensors: TypeAlias = Mapping[str, tf.Tensor]


def draw_episodes(
    task: FewShot, episodes: Episodes, learner: PushedLearner, values: np.ndarray
) -> dict[str, list[dict[str, Any]]]:
    """`fits` of the first episodes of curves; `pictures` of a median and the hardest episode of images.

    Args:
      task: whose episodes.
      episodes: the test episodes.
      learner: what predicts.
      values: the metric of each episode after the steps of training, `[episode]`.
    """
    shape = task.shape()
    fits, pictures = [], []
    if not shape.is_classes and shape.example_shape == (1,):
        features, batch, targets = episodes.batch(range(min(FITS, len(episodes))))
        predictions = learner.layer(batch).numpy()
        fits = _draw_fits(batch, targets, predictions, learner.steps, episodes.parameters(features))
    elif shape.is_classes and len(shape.example_shape) == 3:
        order = np.argsort(values, kind="stable")
        for title, place in (("A median episode", order[len(order) // 2]), ("The hardest episode", order[0])):
            features, batch, targets = episodes.batch([place])
            predicted = np.argmax(learner.layer(batch)[0, learner.steps], axis=-1)
            names = [name.decode() for name in features["classes"].values.numpy()]
            drawing = _draw_pictures(batch, targets, predicted, names)
            pictures.append({"title": f"{title}: {values[place]:.1%} of the queries are right", **drawing})
    return {"fits": fits, "pictures": pictures}


def _draw_fits(
    episodes: Tensors, targets: Tensors, predictions: np.ndarray, trained: int, parameters: Mapping[str, np.ndarray]
) -> list[dict[str, Any]]:
    """Each episode's curve, and what is predicted of it before, after the steps of training, and after the last step.

    Args:
      episodes: a batch of curves; see `training.meta.gradient_learner`.
      targets: their true values.
      predictions: `[episode, step, query, 1]`.
      trained: inner steps of training.
      parameters: {name: its value for each episode}.
    """
    steps = sorted({0, trained, predictions.shape[1] - 1})
    drawings = []
    for place, after in enumerate(predictions):
        shot = int(tf.reduce_sum(episodes["support_weight"][place]))
        known = "".join(f", {name} {values[place]:.2f}" for name, values in parameters.items())
        drawings.append(
            {
                "title": f"{shot} points{known}",
                "x": rounded_lists(episodes["query_x"][place, :, 0]),
                "y": rounded_lists(targets["query_y"][place, :, 0]),
                "support_x": rounded_lists(episodes["support_x"][place, :shot, 0]),
                "support_y": rounded_lists(episodes["support_y"][place, :shot, 0]),
                "after": [{"step": step, "y": rounded_lists(after[step, :, 0])} for step in steps],
            }
        )
    return drawings


def _draw_pictures(episodes: Tensors, targets: Tensors, predicted: np.ndarray, names: Sequence[str]) -> dict[str, Any]:
    """An episode's images by class, and its confusion matrix.

    Args:
      episodes: a batch of one episode of images.
      targets: the true classes.
      predicted: class of each query, `[query]`; what follows the queries that there are is padding.
      names: names of the episode's classes, in the order of their numbers.
    """
    support_y, query_y = episodes["support_y"][0].numpy(), targets["query_y"][0].numpy()
    support_weight, query_weight = episodes["support_weight"][0].numpy(), targets["query_weight"][0].numpy()
    matrix = np.zeros((len(names), len(names)), int)
    support: list[list[str]] = []
    queries: list[list[dict[str, Any]]] = []
    for number in range(len(names)):
        shown = np.flatnonzero((support_y == number) & (support_weight > 0))
        asked = np.flatnonzero((query_y == number) & (query_weight > 0))
        np.add.at(matrix[number], predicted[asked], 1)
        support.append([_picture(episodes["support_x"][0, place]) for place in shown])
        queries.append(
            [
                {"picture": _picture(episodes["query_x"][0, place]), "predicted": int(predicted[place])}
                for place in asked
            ]
        )
    return {"classes": list(names), "matrix": matrix.tolist(), "support": support, "queries": queries}


def _picture(pixels: tf.Tensor) -> str:
    """`[height, width, channel]` from 0 to 1 as what pages show."""
    encoded = tf.io.encode_png(tf.cast(tf.round(pixels * 255), tf.uint8)).numpy()
    return "data:image/png;base64," + base64.b64encode(encoded).decode()
