"""Trains variants as their recipes say."""

import json
from collections.abc import Mapping, Sequence

import keras
import numpy as np

from components.compressor.transformed_data import TransformedData
from components.tuner.options import with_values
from compression.channel_pruning import prune_channels
from compression.clustering import Clustering
from compression.distillation import DistillationObjective
from compression.finetuning import finetune
from compression.pruning import Pruning
from compression.quantization_aware import for_conversion, quantization_aware
from compression.quantization_options import QuantizationAwareOptions
from compression.recipe import Recipe
from tasks.loading import TaskSpec
from training.objective import Objective
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
    ) -> None:
        """Args:
        model: trained; it is left as it is.
        data: to train on.
        task_spec: of the trained model.
        train: the config's section; what a recipe says takes precedence.
        sample: what ranges of activations start from, `{input: [example, ...]}`.
        seed: of weights, of the order of examples and of augmentation.
        """
        self._model = model
        self._data = data
        self._task = data.task
        self._task_spec = task_spec
        self._options = train
        self._sample = dict(sample)
        self._seed = seed
        num_examples = self._task.examples_per_epoch(data.files("train"))
        self._batch_size = min(train.batch_size, num_examples)
        self._steps_per_epoch = num_examples // self._batch_size
        # By what was trained.
        self._trained: dict[str, keras.Model] = {}

    def source(self, recipe: Recipe | None) -> keras.Model:
        """What is converted by this recipe; by None, the trained model. What recipes have in common is trained once.

        Raises:
          LayerPatternError: a pattern fits no layer.
          StudentError: the student's inputs or outputs are not those of the trained model.
        """
        if recipe is None:
            return self._task.exported_model(self._model)
        key = json.dumps(recipe.training())
        if key not in self._trained:
            self._trained[key] = self._retrained(recipe) if recipe.trains else self._model
        if recipe.quantize_aware is None:
            return self._task.exported_model(self._trained[key])
        return self._quantization_aware(self._trained[key], recipe, recipe.quantize_aware)

    def _retrained(self, recipe: Recipe) -> keras.Model:
        """Changed and trained on, before any quantization."""
        keras.utils.set_random_seed(self._seed)
        model = self._student(recipe.distil.student) if recipe.distil is not None else _copy(self._model)
        if recipe.prune_channels is not None:
            model = prune_channels(model, recipe.prune_channels)
        total_steps = recipe.epochs * self._steps_per_epoch
        hooks: list[Pruning | Clustering] = []
        if recipe.prune is not None:
            hooks.append(Pruning(model, recipe.prune, total_steps=total_steps))
        if recipe.cluster is not None:
            begin_step = round(recipe.clustering_begins * total_steps)
            hooks.append(Clustering(model, recipe.cluster, begin_step=begin_step))
        self._train(model, self._objective(recipe), recipe.epochs, recipe.learning_rate, hooks)
        for hook in hooks:
            hook.finish()
        return model

    def _quantization_aware(self, model: keras.Model, recipe: Recipe, options: QuantizationAwareOptions) -> keras.Model:
        """A copy trained on with int8 in view, as the converter takes it."""
        keras.utils.set_random_seed(self._seed)
        aware = quantization_aware(model, options, self._sample)
        self._train(aware, self._objective(recipe), options.epochs, options.learning_rate, [])
        return for_conversion(aware)

    def _objective(self, recipe: Recipe) -> Objective:
        """The task's, shared with the trained model where the recipe makes it a teacher."""
        objective = self._task.objective()
        if recipe.distil is None:
            return objective
        return DistillationObjective(
            objective,
            teacher=self._model,
            loss=self._task.distillation_loss(temperature=recipe.distil.temperature),
            weight=recipe.distil.weight,
        )

    def _student(self, values: Mapping[str, object]) -> keras.Model:
        """A new model where `values` make one; else a copy of the trained one."""
        if not values:
            return _copy(self._model)
        spec, _ = with_values(self._task_spec, self._options, values)
        student = spec.load().model()
        theirs, ours = _shapes(self._model), _shapes(student)
        if theirs != ours:
            raise StudentError(
                f"distil.student must leave the model's inputs and outputs as they are: {theirs}. Received: {ours}. "
                "Change only what lies between."
            )
        return student

    def _train(
        self,
        model: keras.Model,
        objective: Objective,
        epochs: int,
        learning_rate: float,
        hooks: Sequence[Pruning | Clustering],
    ) -> None:
        data = self._data
        finetune(
            self._task.training_model(model),
            objective,
            self._options.model_copy(update={"epochs": epochs, "learning_rate": learning_rate}),
            train=self._task.train_batches(
                data.files("train"),
                feature_spec=data.feature_spec,
                batch_size=self._batch_size,
                seed=self._seed,
                steps_per_epoch=self._steps_per_epoch,
            ),
            evaluation=data.evaluation(self._batch_size),
            steps_per_epoch=self._steps_per_epoch,
            hooks=hooks,
        )


def _copy(model: keras.Model) -> keras.Model:
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


def _shapes(model: keras.Model) -> dict[str, tuple[int | None, ...]]:
    outputs = {name: tuple(output.shape) for name, output in model.output.items()}
    return {**{tensor.name: tuple(tensor.shape) for tensor in model.inputs}, **outputs}
