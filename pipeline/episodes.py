"""Test episodes of a few-shot task, and what pushed learners make of them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from etils import epath
from tensorflow_transform.tf_metadata import schema_utils

from pipeline.episode_drawings import fit_drawings, listed, picture_drawing
from pipeline.errors import UsageError
from pipeline.pushed import METADATA
from records.model_run import TRAINED_MODEL
from serving.latency import measure_latency
from tasks.few_shot.base import FewShot
from tasks.few_shot.tfma_metric import FIGURES, Z_95
from training.meta.objective import LEARNER
from training.meta.options import CAVIAOptions
from training.meta.prototypes import PrototypeLearner

# Episodes computed at a time, curves drawn, and rounds that adapting to one task is timed in.
BATCH, FITS, TIMED = 25, 6, 50

# (features, episodes, targets) as `FewShot.to_batch` has them.
Batch = tuple[Mapping[str, Any], Mapping[str, tf.Tensor], Mapping[str, tf.Tensor]]


@dataclass(frozen=True, kw_only=True)
class PushedLearner:
    """A learner of a pushed version.

    Attributes:
      name: of the version, for people.
      kind: of the learner.
      steps: inner steps of training and of clients.
      layer: the learner, with its weights.
    """

    name: str
    kind: str
    steps: int
    layer: Any

    def adapt(self, support: Mapping[str, tf.Tensor]) -> list[tf.Tensor]:
        """What has to be known of each task to predict its queries, `[task, ...]`."""
        adapted = self.layer.adapt(support)
        # Beside its prototypes that learner tells which classes there are.
        return adapted[:1] if isinstance(self.layer, PrototypeLearner) else adapted


class Episodes:
    """The test episodes of a task: the same that its pipeline's Evaluator judges."""

    def __init__(self, task: FewShot) -> None:
        self._task, source = task, task.source()
        shards = source.shards("test")
        self._serialized = [example.SerializeToString() for shard in shards for _, example in source.examples(shard)]
        spec = schema_utils.schema_as_feature_spec(task.schema()).feature_spec

        def parsed(serialized: tf.Tensor) -> Batch:
            features = task.preprocessing_fn(tf.io.parse_example(serialized, spec))
            return (features, *task.to_batch(features))

        self._parsed = tf.function(parsed, input_signature=[tf.TensorSpec([None], tf.string)])

    def results(self, version: epath.Path, others: Sequence[epath.Path]) -> dict[str, Any]:
        """JSON-serializable results; see `inspection.episodes`.

        Args:
          version: directory of the pushed version that is drawn.
          others: of those that it is compared with; what takes other episodes is named and left out.

        Raises:
          UsageError: the version that is drawn takes other episodes.
        """
        drawn = self._learner(version)
        if drawn is None:
            raise UsageError(
                f"The version must take the episodes of CONFIG. Received: {_name(version)}, which takes others. Name "
                "the config that it was trained by, or another --version."
            )
        found = [(path, self._learner(path)) for path in others]
        learners = [drawn, *(learner for _, learner in found if learner is not None)]
        figures = [self._figures(learner) for learner in learners]
        return {
            "version": drawn.name,
            "metric": self._task.figure,
            "episodes": len(self._serialized),
            "rows": self._rows(learners, figures),
            "left_out": [_name(path) for path, learner in found if learner is None],
            "contexts": self._contexts(drawn),
            **self._drawings(drawn, figures[0][:, drawn.steps]),
        }

    def _learner(self, version: epath.Path) -> PushedLearner | None:
        """None where it takes other episodes."""
        model = self._task.load_model(str(version / TRAINED_MODEL))
        shape = self._task.shape()
        sizes = (tuple(model.input["query_x"].shape[2:]), model.output["predictions"].shape[-1])
        if sizes != (shape.example_shape, shape.outputs):
            return None
        known = json.loads((version / METADATA).read_text())
        return PushedLearner(
            name=_name(version), kind=known["learner"], steps=known["inner_steps"], layer=model.get_layer(LEARNER)
        )

    def _batch(self, places: Sequence[int]) -> Batch:
        return self._parsed([self._serialized[place] for place in places])

    def _batches(self) -> Iterator[Batch]:
        places = range(len(self._serialized))
        return (self._batch(places[start : start + BATCH]) for start in range(0, len(places), BATCH))

    def _figures(self, learner: PushedLearner) -> np.ndarray:
        """The metric of each episode after each inner step, `[episode, step]`, as TFMA computes it."""
        figure, predict, found = FIGURES[self._task.figure], tf.function(learner.layer), []
        for _, episodes, targets in self._batches():
            predictions = predict(episodes).numpy()
            labels, weights = targets["query_y"].numpy(), targets["query_weight"].numpy()
            for outputs, known, weight in zip(predictions, labels, weights, strict=True):
                count = int(weight.sum())
                found.append([figure(np.ravel(known)[:count], after[:count]) for after in outputs])
        return np.asarray(found)

    def _rows(self, learners: Sequence[PushedLearner], figures: Sequence[np.ndarray]) -> list[dict[str, Any]]:
        # All are padded to the largest.
        _, episodes, _ = self._batch([0])
        support = {name: value for name, value in episodes.items() if name != "query_x"}
        adapt = [tf.function(learner.adapt) for learner in learners]
        calls = {
            str(number): lambda function=function: [value.numpy() for value in function(support)]
            for number, function in enumerate(adapt)
        }
        latencies = measure_latency(calls, rounds=TIMED, warmup_rounds=5)
        rows = []
        for number, (learner, values) in enumerate(zip(learners, figures, strict=True)):
            adapted = calls[str(number)]()
            is_stepless = isinstance(learner.layer, PrototypeLearner)
            rows.append(
                {
                    "name": learner.name,
                    "learner": learner.kind,
                    "steps": learner.steps,
                    "means": values.mean(axis=0).tolist(),
                    "half_widths": (Z_95 * values.std(axis=0, ddof=1) / np.sqrt(len(values))).tolist(),
                    "adapted_parameters": 0 if is_stepless else sum(value[0].size for value in adapted),
                    "latency_ms": latencies[str(number)].p50_ms,
                    "task_bytes": sum(value[0].nbytes for value in adapted),
                }
            )
        return rows

    def _drawings(self, learner: PushedLearner, figures: np.ndarray) -> dict[str, Any]:
        """`fits` of the first episodes of curves; `pictures` of a median and the hardest episode of images.

        Args:
          learner: that predicts.
          figures: the metric of each episode after the steps of training, `[episode]`.
        """
        shape = self._task.shape()
        fits, pictures = [], []
        if not shape.is_classes and shape.example_shape == (1,):
            features, episodes, targets = self._batch(range(min(FITS, len(self._serialized))))
            predictions = learner.layer(episodes).numpy()
            fits = fit_drawings(episodes, targets, predictions, learner.steps, self._parameters(features))
        elif shape.is_classes and len(shape.example_shape) == 3:
            order = np.argsort(figures, kind="stable")
            for title, place in (("A median episode", order[len(order) // 2]), ("The hardest episode", order[0])):
                features, episodes, targets = self._batch([place])
                predicted = np.argmax(learner.layer(episodes)[0, learner.steps], axis=-1)
                names = [name.decode() for name in features["classes"].values.numpy()]
                drawing = picture_drawing(episodes, targets, predicted, names)
                pictures.append({"title": f"{title}: {figures[place]:.1%} of the queries are right", **drawing})
        return {"fits": fits, "pictures": pictures}

    def _contexts(self, learner: PushedLearner) -> dict[str, Any] | None:
        """Context variables of all episodes after adaptation; None where the learner has none."""
        if not isinstance(getattr(learner.layer, "options", None), CAVIAOptions):
            return None
        adapt, contexts, parameters = tf.function(learner.adapt), [], []
        for features, episodes, _ in self._batches():
            contexts.append(adapt(episodes)[0].numpy())
            parameters.append(self._parameters(features))
        return {
            "values": listed(np.concatenate(contexts)),
            "parameters": {
                name: np.concatenate([found[name] for found in parameters]).tolist() for name in parameters[0]
            },
        }

    def _parameters(self, features: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """{parameter: its value for each episode}."""
        found = {name: features[name].values.numpy() for name in self._task.parameters}
        return {
            name: values.astype(bytes).astype(str) if values.dtype == object else values
            for name, values in found.items()
        }


def _name(version: epath.Path) -> str:
    return f"{version.parent.name} {version.name}"
