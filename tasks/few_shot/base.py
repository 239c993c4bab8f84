"""What few-shot tasks share: episodes in, predictions after each inner step out."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from pydantic import Field

from tasks.base import EvalMetric, Task, TaskOptions
from tasks.few_shot.shape import EpisodeShape

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from compression.recipe import DistillationOptions
    from training.meta.learner_options import LearnerOptions
    from training.meta.teaching import Teaching
    from training.objective import Objective


class EpisodeDraws(Protocol):
    """Draws batches `(episodes, targets)` out of what the train split stores; see `training.meta.objective`."""

    def shuffled(self, batch_size: int, *, seed: int) -> Callable[[int], tf.data.Dataset]:
        """A function from steps done to the batches that follow, without end; the same seed gives the same batches."""

    def once(self, batch_size: int) -> tf.data.Dataset:
        """The same batches each time, of about as many episodes as tasks or classes are stored."""


class FewShotOptions(TaskOptions):
    """Options of all few-shot tasks."""

    episodes_per_epoch: int = Field(2000, ge=1, description="Training episodes that count as an epoch.")


class FewShot(Task):
    """A task whose examples are episodes, and whose model holds the inner loop, in every file that is exported.

    Model: `support_x`, `support_y`, `support_weight` and `query_x`, see `training.meta.learner.Episodes`, to
    `predictions` `[episode, step, query, output]` after 0, 1, … inner steps.
    """

    label_key = "query_y"
    prediction_key = "predictions"
    refused_changes: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("prune_channels", "prune", "cluster", "quantize_aware"),
        "all layers lie inside the one that learns from the support set, where no step finds them",
    )
    compared_inputs = ("support_weight",)
    # The metric of each episode, by its name in `tasks.few_shot.tfma_metric`.
    metric: ClassVar[Literal["mse", "accuracy"]]
    # Raw features of one value that tell tasks apart: context variables are drawn in their colours.
    parameters: ClassVar[tuple[str, ...]]
    loss: ClassVar[Literal["mse", "cross_entropy"]]

    @property
    @abc.abstractmethod
    def learner(self) -> LearnerOptions:
        """Options of the learner."""

    @abc.abstractmethod
    def shape(self) -> EpisodeShape:
        """Sizes of the episodes."""

    @abc.abstractmethod
    def network(self) -> keras.Model:
        """The untrained network that the learner adapts, from examples `[example, ...]` to `[example, output]`."""

    def preprocessing_fn(self, inputs: Mapping[str, tf.Tensor | tf.SparseTensor]) -> dict[str, tf.Tensor]:
        # Episodes are padded, and images decoded, when batches are made: of stored classes no feature has one length.
        return dict(inputs)

    def model(self) -> keras.Model:
        from training.meta.build import episodic_model

        shape = self.shape()
        return episodic_model(
            network=self.network(),
            options=self.learner,
            loss=self.loss,
            shot=shape.shot,
            queries=shape.queries,
            example_shape=shape.example_shape,
            outputs=shape.outputs,
        )

    def load_model(self, path: str) -> keras.Model:
        from training.meta.loading import load_model

        return load_model(path)

    def interface(self) -> dict[str, Any]:
        shape = self.shape()
        learner = {"kind": self.learner.kind, "last_step": self.learner.last_step}
        return {**asdict(shape), "example_shape": list(shape.example_shape), "learner": learner}

    def to_batch(self, features: dict[str, tf.Tensor]) -> Any:
        return self.model_inputs(features), self.targets(features)

    @abc.abstractmethod
    def targets(self, features: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Targets `query_y` and `query_weight` of stored episodes; see `training.meta.objective`."""

    @abc.abstractmethod
    def draws(self, files: Sequence[str], feature_spec: Mapping[str, Any]) -> EpisodeDraws:
        """Episodes out of what the train split stores.

        Raises:
          ValueError: the learner was told of another number of train classes than the split has.
        """

    def batches(self, files: Sequence[str], *, feature_spec: Mapping[str, Any], batch_size: int) -> tf.data.Dataset:
        from tasks.few_shot.features import hold_episodes

        if hold_episodes(files, feature_spec):
            return super().batches(files, feature_spec=feature_spec, batch_size=batch_size)
        return self.draws(files, feature_spec).once(batch_size)

    def train_batches(
        self,
        files: Sequence[str],
        *,
        feature_spec: Mapping[str, Any],
        batch_size: int,
        seed: int,
        steps_per_epoch: int,
    ) -> Callable[[int], tf.data.Dataset]:
        return self.draws(files, feature_spec).shuffled(batch_size, seed=seed)

    def examples_per_epoch(self, files: Sequence[str]) -> int:
        return self.options.episodes_per_epoch

    def objective(self) -> Objective:
        return self._objective()

    def distillation_objective(self, teacher: keras.Model, options: DistillationOptions) -> Objective:
        from training.losses import Distillation, SquaredError
        from training.meta.learner import LEARNER
        from training.meta.teaching import Teaching

        is_classes = self.shape().is_classes
        distance = Distillation(temperature=options.temperature) if is_classes else SquaredError()
        return self._objective(Teaching(teacher.get_layer(LEARNER), distance=distance, weight=options.weight))

    def _objective(self, teaching: Teaching | None = None) -> Objective:
        from training.meta.objective import MetaObjective

        return MetaObjective(loss=self.loss, options=self.learner, teaching=teaching)

    def metrics(self) -> tuple[EvalMetric, ...]:
        learner = self.learner
        found = [
            self._metric(self.metric, learner.inner_steps, False),
            self._metric(f"{self.metric}_ci95", learner.inner_steps, True),
        ]
        for step in range(learner.last_step + 1):
            if learner.last_step:
                name = f"{self.metric}_step_{step}"
                found += [self._metric(name, step, False), self._metric(f"{name}_ci95", step, True)]
        return tuple(found)

    def checked_inputs(self, inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        from tasks.few_shot.serving import check_inputs

        return check_inputs(inputs, self.shape())

    def predictions(self, outputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        import tensorflow as tf

        every = outputs["predictions"]
        adapted = every[:, self.learner.inner_steps]
        named = {"probabilities": tf.nn.softmax(adapted)} if self.shape().is_classes else {"prediction": adapted}
        return {"predictions": every, **named}

    def endpoints(self, model: keras.Model) -> Mapping[str, tuple[Any, list[Any]]]:
        from tasks.few_shot.serving import endpoints

        return endpoints(model, self.shape(), self.learner)

    def serving_metadata(self) -> dict[str, Any]:
        shape = self.shape()
        example = ", ".join(str(size) for size in shape.example_shape)
        support = (
            "int32 [task, shot], classes from 0 on" if shape.is_classes else f"float32 [task, shot, {shape.outputs}]"
        )
        metadata = {
            "input": f"support_x: float32 [task, {shape.shot}, {example}], query_x: float32 [task, {shape.queries}, "
            f"{example}], support_y: {support}, support_weight: float32 [task, {shape.shot}], 0 for padding",
            "output": f"predictions: float32 [task, {self.learner.last_step + 1}, {shape.queries}, {shape.outputs}]: "
            "after each number of inner steps, from 0 on",
            "learner": self.learner.kind,
            "inner_steps": self.learner.inner_steps,
        }
        if self.learner.context_size:
            metadata["context"] = f"float32 [task, {self.learner.context_size}], of signature adapt"
        return metadata

    def _metric(self, name: str, step: int, is_interval: bool) -> EvalMetric:
        shape = self.shape()
        return EvalMetric(
            name=name,
            class_name="EpisodeMetric",
            module="tasks.few_shot.tfma_metric",
            config={
                "metric": self.metric,
                "step": step,
                "queries": shape.queries,
                "outputs": shape.outputs,
                "is_interval": is_interval,
            },
            higher_is_better=self.metric == "accuracy" and not is_interval,
        )
