"""Trains variants as their recipes say."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from etils import epath

from components.workspace import workspace
from compression.changes.channel_pruning import prune_channels
from compression.changes.clustering import Clustering
from compression.changes.finetuning import finetune
from compression.changes.pruning import Pruning
from compression.quantization_aware.model import for_conversion, quantization_aware
from compression.recipe import QuantizationAwareOptions, Recipe
from tasks.base import Task
from tasks.loading import TaskSpec
from tasks.overrides import with_values
from tasks.transformed_data import TransformedData
from training.checkpoints import CheckpointStore
from training.options import TrainOptions


class StudentError(ValueError):
    """A student that cannot take the trained model's place."""

    title = "Wrong config"
    exit_code = 2


class Retraining:
    """Makes the models of recipes out of the trained one."""

    def __init__(
        self,
        model: keras.Model,
        data: TransformedData,
        task_spec: TaskSpec,
        *,
        train: TrainOptions,
        sample: Mapping[str, np.ndarray],
        seed: int,
        strategy: tf.distribute.Strategy,
        workspaces: epath.Path,
    ) -> None:
        """Args:
        model: trained; it is left as it is.
        data: examples to train on.
        task_spec: spec of the trained model's task.
        train: the config's section; what a recipe says takes precedence.
        sample: examples that ranges of activations start from, `{input: [example, ...]}`.
        seed: seed of weights, of the order of examples and of augmentation.
        strategy: strategy that distributes the training.
        workspaces: directory of these trainings and no others; each keeps its checkpoints in a folder of its own there,
          and goes on from those it finds.
        """
        self._model = model
        self._data = data
        self._task_spec = task_spec
        self._options = train
        self._sample = dict(sample)
        self._seed = seed
        self._strategy = strategy
        self._workspaces = workspaces
        num_examples = data.task.examples_per_epoch(data.files("train"))
        self._batch_size = min(train.batch_size, num_examples)
        self._steps_per_epoch = num_examples // self._batch_size
        # By what was trained: the model, and the task that it is trained and exported by.
        self._trained: dict[str, tuple[keras.Model, Task]] = {}

    def source(self, recipe: Recipe | None) -> keras.Model:
        """What is converted by this recipe; by None, the trained model. What recipes have in common is trained once.

        Raises:
          LayerPatternError: a pattern fits no layer.
          StudentError: the student's inputs or outputs are not those of the trained model.
        """
        if recipe is None:
            return self._data.task.exported_model(self._model)
        key = json.dumps(recipe.training())
        if key not in self._trained:
            task = self._task(recipe)
            self._trained[key] = (self._retrain(task, recipe) if recipe.trains else self._model), task
        model, task = self._trained[key]
        if recipe.quantize_aware is None:
            return task.exported_model(model)
        return self._train_quantization_aware(task, model, recipe, recipe.quantize_aware)

    def _task(self, recipe: Recipe) -> Task:
        """The trained model's task, or the one whose model the recipe's student is."""
        if recipe.distil is None or not recipe.distil.student:
            return self._data.task
        spec, _ = with_values(self._task_spec, self._options, recipe.distil.student)
        return spec.load()

    def _retrain(self, task: Task, recipe: Recipe) -> keras.Model:
        """Changed and trained on, before any quantization."""
        keras.utils.set_random_seed(self._seed)
        with self._strategy.scope():
            model = _copy(self._model) if task is self._data.task else self._student(task)
            if recipe.prune_channels is not None:
                model = prune_channels(model, recipe.prune_channels)
            total_steps = recipe.epochs * self._steps_per_epoch
            hooks: list[Pruning | Clustering] = []
            if recipe.prune is not None:
                hooks.append(Pruning(model, recipe.prune, total_steps=total_steps))
            if recipe.cluster is not None:
                begin_step = round(recipe.clustering_begins * total_steps)
                hooks.append(Clustering(model, recipe.cluster, begin_step=begin_step))
            self._train(task, model, recipe, recipe, hooks, determines=recipe.training())
        for hook in hooks:
            hook.finish()
        # Outside of the strategy, whose variables no exporter takes.
        return _copy(model)

    def _train_quantization_aware(
        self, task: Task, model: keras.Model, recipe: Recipe, options: QuantizationAwareOptions
    ) -> keras.Model:
        """A copy trained on with int8 in view, as the converter takes it."""
        keras.utils.set_random_seed(self._seed)
        with self._strategy.scope():
            aware = quantization_aware(model, options, self._sample)
            self._train(task, aware, recipe, options, determines=recipe.source())
        return for_conversion(aware)

    def _student(self, task: Task) -> keras.Model:
        """A new model, with what it holds of the train split."""
        student = task.model()
        theirs, ours = _shapes(self._model), _shapes(student)
        if theirs != ours:
            raise StudentError(
                f"distil.student must leave the model's inputs and outputs as they are: {theirs}. Received: {ours}. "
                "Change only what lies between."
            )
        return task.with_train_statistics(student, self._data.files("train"), feature_spec=self._data.feature_spec)

    def _train(
        self,
        task: Task,
        model: keras.Model,
        recipe: Recipe,
        options: Recipe | QuantizationAwareOptions,
        hooks: Sequence[Pruning | Clustering] = (),
        *,
        determines: Mapping[str, Any],
    ) -> None:
        """Trains in place for the epochs and from the learning rate of `options`; `determines` is what tells this
        training from the others."""
        data = replace(self._data, task=task)
        objective = task.objective()
        if recipe.distil is not None:
            objective = task.distillation_objective(self._model, recipe.distil)
        finetune(
            task.training_model(model),
            objective,
            self._options.model_copy(update={"epochs": options.epochs, "learning_rate": options.learning_rate}),
            train=task.train_batches(
                data.files("train"),
                feature_spec=data.feature_spec,
                batch_size=self._batch_size,
                seed=self._seed,
                steps_per_epoch=self._steps_per_epoch,
            ),
            evaluation=data.evaluation(self._batch_size),
            steps_per_epoch=self._steps_per_epoch,
            hooks=hooks,
            strategy=self._strategy,
            checkpoints=CheckpointStore(workspace(str(self._workspaces), determines), keep_last=1, keep_best=0),
        )


def _copy(model: keras.Model) -> keras.Model:
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


def _shapes(model: keras.Model) -> dict[str, tuple[int | None, ...]]:
    outputs = {name: tuple(output.shape) for name, output in model.output.items()}
    return {**{tensor.name: tuple(tensor.shape) for tensor in model.inputs}, **outputs}
