"""Test episodes of a few-shot task, and what pushed learners make of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from etils import epath

from serving.latency import measure_latency
from studies.episodes.drawings import draw_episodes
from studies.episodes.episodes import Episodes
from studies.episodes.learners import PushedLearner, load_learner, version_name
from studies.errors import StudyUsageError
from studies.serialization import rounded_lists
from tasks.few_shot.base import FewShot
from tasks.few_shot.tfma_metric import METRICS, Z_95

# Rounds that adapting to one task is timed in.
TIMED = 50


def compare_learners(task: FewShot, version: epath.Path, others: Sequence[epath.Path]) -> dict[str, Any]:
    """Judges learners on the same test episodes and draws one of them; returns results for `studies.episodes.page`.

    Args:
      task: whose test episodes.
      version: directory of the pushed version that is drawn.
      others: directories of those that it is compared with; what takes other episodes is named and left out.

    Raises:
      StudyUsageError: the version that is drawn takes other episodes.
    """
    drawn = load_learner(task, version)
    if drawn is None:
        raise StudyUsageError(
            f"The version must take the episodes of CONFIG. Received: {version_name(version)}, which takes others. "
            "Name the config that it was trained by, or another --version."
        )
    episodes = Episodes(task)
    found = [(path, load_learner(task, path)) for path in others]
    learners = [drawn, *(learner for _, learner in found if learner is not None)]
    values = [_values(task, episodes, learner) for learner in learners]
    return {
        "version": drawn.name,
        "metric": task.metric,
        "episodes": len(episodes),
        "rows": _rows(episodes, learners, values),
        "left_out": [version_name(path) for path, learner in found if learner is None],
        "contexts": _contexts(episodes, drawn),
        **draw_episodes(task, episodes, drawn, values[0][:, drawn.steps]),
    }


def _values(task: FewShot, episodes: Episodes, learner: PushedLearner) -> np.ndarray:
    """The metric of each episode after each inner step, `[episode, step]`, as TFMA computes it."""
    metric, predict, found = METRICS[task.metric], tf.function(learner.layer), []
    for _, batch, targets in episodes.batches():
        predictions = predict(batch).numpy()
        labels, weights = targets["query_y"].numpy(), targets["query_weight"].numpy()
        for outputs, known, weight in zip(predictions, labels, weights, strict=True):
            count = int(weight.sum())
            found.append([metric(np.ravel(known)[:count], after[:count]) for after in outputs])
    return np.asarray(found)


def _rows(episodes: Episodes, learners: Sequence[PushedLearner], values: Sequence[np.ndarray]) -> list[dict[str, Any]]:
    """A row for each learner: its metric with the interval, and what adapting to one task costs."""
    # All episodes are padded to the largest, so that one tells the latency of each.
    _, batch, _ = episodes.batch([0])
    support = {name: value for name, value in batch.items() if name != "query_x"}
    adapt = [tf.function(learner.layer.task_values) for learner in learners]
    calls = {
        str(number): lambda function=function: [value.numpy() for value in function(support)]
        for number, function in enumerate(adapt)
    }
    latencies = measure_latency(calls, rounds=TIMED, warmup_rounds=5)
    rows = []
    for number, (learner, found) in enumerate(zip(learners, values, strict=True)):
        adapted = calls[str(number)]()
        rows.append(
            {
                "name": learner.name,
                "learner": learner.kind,
                "steps": learner.steps,
                "means": found.mean(axis=0).tolist(),
                "half_widths": (Z_95 * found.std(axis=0, ddof=1) / np.sqrt(len(found))).tolist(),
                "adapted_parameters": learner.layer.adapted_parameters,
                "latency_ms": latencies[str(number)].p50_ms,
                "task_bytes": sum(value[0].nbytes for value in adapted),
            }
        )
    return rows


def _contexts(episodes: Episodes, learner: PushedLearner) -> dict[str, Any] | None:
    """Context variables of all episodes after adaptation; None where the learner has none."""
    if not learner.layer.context_size:
        return None
    adapt, contexts, parameters = tf.function(learner.layer.adapt), [], []
    for features, batch, _ in episodes.batches():
        contexts.append(adapt(batch)[0].numpy())
        parameters.append(episodes.parameters(features))
    return {
        "values": rounded_lists(np.concatenate(contexts)),
        "parameters": {name: np.concatenate([found[name] for found in parameters]).tolist() for name in parameters[0]},
    }
