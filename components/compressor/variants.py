"""Makes the variants: trains on where a recipe says so, exports and converts."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from compression.channel_pruning import prune_channels
from compression.clustering import Clustering
from compression.convert import convert, export_for_conversion
from compression.differences import relative_difference
from compression.finetuning import finetune
from compression.pruning import Pruning, layer_kernels
from compression.recipe import Precision, Recipe
from compression.weights import LayerSparsity, layer_sparsity
from serving.tflite import TFLiteModel
from tasks.base import Task
from training.options import TrainOptions


@dataclass(frozen=True, kw_only=True)
class TransformedData:
    """What Transform wrote, as a task reads it."""

    task: Task
    directory: str
    feature_spec: Mapping[str, Any]

    def files(self, split: str) -> list[str]:
        """Patterns of a split's files."""
        return [os.path.join(self.directory, f"Split-{split}", "*")]

    def evaluation(self, batch_size: int) -> tf.data.Dataset:
        """Batches of the eval split."""
        return self.task.batches(self.files("eval"), feature_spec=self.feature_spec, batch_size=batch_size)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A converted file.

    Attributes:
      difference: of its outputs from its source's on the sample, the mean as a share of their standard deviation, the
        largest over the outputs.
      retrained: whether its source is not the trained model itself.
      layer_sparsity: the zeros that the file holds of each kernel.
    """

    name: str
    precision: Precision
    path: Path
    difference: float
    retrained: bool
    layer_sparsity: Sequence[LayerSparsity]


def read_variants(variants: Sequence[str | Mapping[str, Any]]) -> list[str | Recipe]:
    """The config's `compress.variants`, out of its JSON: a precision each, or a recipe."""
    return [variant if isinstance(variant, str) else Recipe.model_validate(variant) for variant in variants]


def variant_names(variants: Sequence[str | Recipe]) -> list[str]:
    """What the variants and their files are called."""
    return [variant if isinstance(variant, str) else variant.name for variant in variants]


def make_variants(
    data: TransformedData,
    model_file: str,
    variants: Sequence[str | Recipe],
    sample: Mapping[str, np.ndarray],
    directory: Path,
    *,
    train: TrainOptions,
    seed: int,
) -> list[Variant]:
    """Files in `directory`, in the order of `variants`. Recipes of one training share it.

    Args:
      data: to train on.
      model_file: the trained model's.
      variants: precisions of the trained model as it is, and recipes.
      sample: for calibration, and to compare on, `{input: [example, ...]}`.
      directory: for the files.
      train: the config's section; what a recipe says takes precedence.
      seed: of the order of examples and of augmentation.

    Raises:
      ConversionError: a variant could not be made.
      PruningPatternError: a pattern of a recipe fits no layer.
    """
    by_training: dict[str, list[str | Recipe]] = {}
    for variant in variants:
        training = None if isinstance(variant, str) else variant.training()
        by_training.setdefault(json.dumps(training), []).append(variant)
    made = {}
    for number, alike in enumerate(by_training.values()):
        precisions = {
            name: variant if isinstance(variant, str) else variant.precision
            for name, variant in zip(variant_names(alike), alike, strict=True)
        }
        recipe = None if isinstance(alike[0], str) else alike[0]
        model = data.task.load_model(model_file)
        if recipe is not None:
            model = retrained(data, model, recipe, train=train, seed=seed)
        exported = data.task.exported_model(model)
        saved_model = directory / f"saved_model_{number}"
        export_for_conversion(exported, saved_model)
        paths = {name: directory / f"{name}.tflite" for name in precisions}
        convert(saved_model, {precisions[name]: path for name, path in paths.items()}, representative_sample=sample)
        kernels = {layer: kernel.numpy() for layer, kernel in layer_kernels(exported).items()}
        for name, path in paths.items():
            made[name] = Variant(
                name=name,
                precision=precisions[name],
                path=path,
                difference=difference(exported, path, sample),
                retrained=recipe is not None,
                layer_sparsity=layer_sparsity(path, kernels),
            )
    return [made[name] for name in variant_names(variants)]


def retrained(
    data: TransformedData, model: keras.Model, recipe: Recipe, *, train: TrainOptions, seed: int
) -> keras.Model:
    """The model changed as the recipe says, and trained on."""
    task = data.task
    keras.utils.set_random_seed(seed)
    if recipe.prune_channels is not None:
        model = prune_channels(model, recipe.prune_channels)
    num_examples = task.examples_per_epoch(data.files("train"))
    batch_size = min(train.batch_size, num_examples)
    steps_per_epoch = num_examples // batch_size
    options = train.model_copy(update={"epochs": recipe.epochs, "learning_rate": recipe.learning_rate})
    total_steps = recipe.epochs * steps_per_epoch
    hooks: list[Pruning | Clustering] = []
    if recipe.prune is not None:
        hooks.append(Pruning(model, recipe.prune, total_steps=total_steps))
    if recipe.cluster is not None:
        begin = recipe.prune.end if recipe.prune is not None else 0.0
        hooks.append(Clustering(model, recipe.cluster, begin_step=round(begin * total_steps)))
    finetune(
        task.training_model(model),
        task.objective(),
        options,
        train=task.train_batches(
            data.files("train"),
            feature_spec=data.feature_spec,
            batch_size=batch_size,
            seed=seed,
            steps_per_epoch=steps_per_epoch,
        ),
        evaluation=data.evaluation(batch_size),
        steps_per_epoch=steps_per_epoch,
        hooks=hooks,
    )
    for hook in hooks:
        hook.finish()
    return model


def difference(source: keras.Model, path: Path, sample: Mapping[str, np.ndarray]) -> float:
    """See `Variant.difference`."""
    outputs = TFLiteModel(path).predict(sample)
    expected = source({name: tf.constant(values) for name, values in sample.items()}, training=False)
    return max(relative_difference(outputs.get(name), value.numpy()) for name, value in expected.items())
