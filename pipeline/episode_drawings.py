"""What is drawn of few-shot episodes, JSON-serializable; see `inspection.episode_charts`."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

Tensors = Mapping[str, tf.Tensor]


def fit_drawings(
    episodes: Tensors, targets: Tensors, predictions: np.ndarray, trained: int, parameters: Mapping[str, np.ndarray]
) -> list[dict[str, Any]]:
    """Each episode's curve, and what is predicted of it before, after the steps of training, and after the last step.

    Args:
      episodes: of curves; see `training.meta.gradient_learner`.
      targets: of them.
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
                "x": listed(episodes["query_x"][place, :, 0]),
                "y": listed(targets["query_y"][place, :, 0]),
                "support_x": listed(episodes["support_x"][place, :shot, 0]),
                "support_y": listed(episodes["support_y"][place, :shot, 0]),
                "after": [{"step": step, "y": listed(after[step, :, 0])} for step in steps],
            }
        )
    return drawings


def picture_drawing(episodes: Tensors, targets: Tensors, predicted: np.ndarray, names: Sequence[str]) -> dict[str, Any]:
    """An episode's images by class, and its confusion matrix.

    Args:
      episodes: one of images, as a batch.
      targets: of it.
      predicted: class of each query, `[query]`; what follows the queries that there are is padding.
      names: of the episode's classes, in the order of their numbers.
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


def listed(values: Any) -> Any:
    """Nested lists of rounded numbers."""
    return np.round(np.asarray(values, np.float64), 5).tolist()


def _picture(pixels: tf.Tensor) -> str:
    """`[height, width, channel]` from 0 to 1 as what pages show."""
    encoded = tf.io.encode_png(tf.cast(tf.round(pixels * 255), tf.uint8)).numpy()
    return "data:image/png;base64," + base64.b64encode(encoded).decode()
