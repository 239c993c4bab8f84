"""Few-shot regression: from a few points of an unknown sinusoid, predict others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from data.sinusoids import SinusoidEpisodes, Sinusoids
from tasks.few_shot.base import FewShot, FewShotOptions
from tasks.few_shot.shape import EpisodeShape
from training.meta.learner_options import LearnerOptions
from training.meta.options import RegressionLearner

if TYPE_CHECKING:
    import keras
    import tensorflow as tf
    from tensorflow_metadata.proto.v0 import schema_pb2

    from tasks.few_shot.sinusoid_draws import SinusoidDraws


class FewShotRegressionOptions(FewShotOptions):
    """Options of FewShotRegression."""

    source: Sinusoids = Field(description="The family of tasks.")
    shots: tuple[int, ...] = Field(
        (10,), min_length=1, description="Support points of judged episodes, in turns; training takes the most."
    )
    queries: int = Field(100, ge=2, description="Query points of judged episodes, even over the range of x.")
    widths: tuple[int, ...] = Field((40, 40), min_length=1, description="Units of each hidden layer.")
    extra_inputs: int = Field(0, ge=0, description="Learned constants beside x, which help maml's steps to go further.")
    learner: RegressionLearner = Field(description="What adapts to a task, and how the outer loop learns it.")


class FewShotRegression(FewShot):
    """Raw features: see `data.sinusoids`. Model: see `FewShot`; the one output is the value of the sinusoid."""

    Options = FewShotRegressionOptions
    metric = "mse"
    parameters = ("amplitude", "phase")
    loss = "mse"
    reads: ClassVar = {
        "source": ("source", "shots", "queries"),
        "schema": (),
        "preprocessing": (),
        "evaluation": ("shots", "queries", "learner"),
        "serving": ("shots", "queries", "learner"),
    }
    options: FewShotRegressionOptions

    @property
    def learner(self) -> LearnerOptions:
        return self.options.learner

    def source(self) -> SinusoidEpisodes:
        options = self.options
        return SinusoidEpisodes(family=options.source, shots=options.shots, queries=options.queries)

    def schema(self) -> schema_pb2.Schema:
        from tensorflow_metadata.proto.v0 import schema_pb2

        schema = schema_pb2.Schema()
        for name in ("amplitude", "phase", "support_x", "support_y", "query_x", "query_y"):
            schema.feature.add(name=name, type=schema_pb2.FLOAT)
        schema.feature.add(name="shot", type=schema_pb2.INT)
        for feature in schema.feature:
            if feature.name in ("amplitude", "phase", "shot"):
                feature.presence.CopyFrom(schema_pb2.FeaturePresence(min_fraction=1.0, min_count=1))
                feature.value_count.CopyFrom(schema_pb2.ValueCount(min=1, max=1))
        return schema

    def shape(self) -> EpisodeShape:
        options = self.options
        return EpisodeShape(
            shot=max(options.shots), queries=options.queries, example_shape=(1,), outputs=1, is_classes=False
        )

    def network(self) -> keras.Model:
        from models.few_shot.networks import perceptron

        options, learner = self.options, self.learner
        return perceptron(
            inputs=1,
            outputs=1,
            widths=options.widths,
            context=learner.context_size,
            conditioning=learner.context_conditioning,
            extra_inputs=options.extra_inputs,
        )

    def model_inputs(self, features: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        from tasks.few_shot.features import mark_present, pad

        shape = self.shape()
        sizes = {"support_x": shape.shot, "support_y": shape.shot, "query_x": shape.queries}
        inputs = {name: pad(features[name], size)[..., None] for name, size in sizes.items()}
        return {**inputs, "support_weight": mark_present(features["support_x"], shape.shot)}

    def targets(self, features: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        from tasks.few_shot.features import mark_present, pad

        queries = self.shape().queries
        return {
            "query_y": pad(features["query_y"], queries)[..., None],
            "query_weight": mark_present(features["query_y"], queries),
        }

    def example_metric(self, targets: Any, outputs: Mapping[str, Any]) -> Any:
        import numpy as np

        adapted = np.asarray(outputs["predictions"])[:, self.learner.inner_steps]
        weights = np.asarray(targets["query_weight"])
        errors = np.mean((adapted - np.asarray(targets["query_y"])) ** 2, axis=-1)
        return np.sum(errors * weights, axis=-1) / np.sum(weights, axis=-1)

    def as_targets(self, outputs: Mapping[str, Any]) -> dict[str, Any]:
        import numpy as np

        adapted = np.asarray(outputs["predictions"])[:, self.learner.inner_steps]
        return {"query_y": adapted, "query_weight": np.ones(adapted.shape[:2], np.float32)}

    def draws(self, files: Sequence[str], feature_spec: Mapping[str, Any]) -> SinusoidDraws:
        from tasks.few_shot.sinusoid_draws import SinusoidDraws

        shape = self.shape()
        return SinusoidDraws(files, feature_spec, x=self.options.source.x, shot=shape.shot, queries=shape.queries)
