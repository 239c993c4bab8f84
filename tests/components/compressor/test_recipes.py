"""Recipes on tiny models of every shipped task, each trained for an epoch."""

import logging
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from etils import epath

from components.compressor.retraining import Retraining
from compression.recipe import Recipe
from models.forecasters.forecaster import STANDARDIZATION
from tasks.overrides import with_values
from tasks.transformed_data import TransformedData
from tests.tasks.transformed import TASKS, raw_examples, transform, write_transformed
from training.options import TrainOptions

# Each task is transformed by Beam.
pytestmark = pytest.mark.e2e

# What makes another model than the teacher's.
STUDENTS = {
    "image_classification": {"options.model.widths": [4, 6]},
    "image_classification_with_contrast": {"options.model.widths": [4, 6]},
    "forecasting": {"options.model": {"kind": "patch_transformer", "dim": 4, "heads": 1, "depth": 1}},
    "forecasting_of_quantiles_one_by_one": {"options.model.dim": 4, "options.model.encoder_depth": 1},
    "few_shot_regression": {"options.widths": [3]},
    "few_shot_classification": {"options.widths": [4, 3]},
    "tabular": {"options.model": {"kind": "linear"}},
    "tabular_of_numbers": {"options.model.widths": [4]},
    "tabular_of_two_classes": {"options.model": {"kind": "mlp", "widths": [4]}},
    "own_tabular": {"options.dim": 2},
}
TRAIN = TrainOptions(batch_size=8, epochs=1, schedule={"warmup_epochs": 0})


@pytest.fixture(scope="module")
def transformed(tmp_path_factory) -> Any:
    """A function from a task's name to what Transform wrote of its first train examples, for train and eval alike."""
    made: dict[str, TransformedData] = {}

    def of(name: str) -> TransformedData:
        if name not in made:
            place, task = tmp_path_factory.mktemp(name), TASKS[name].load()
            raw = raw_examples(task, "train")
            graph = transform(task, raw, place)
            for split in ("train", "eval"):
                (place / f"Split-{split}").mkdir()
                write_transformed(task, raw, graph, place / f"Split-{split}" / "examples.gz")
            made[name] = TransformedData(task=task, directory=str(place), feature_spec=graph.transformed_feature_spec())
        return made[name]

    return of


def _drawn(data: TransformedData, task: Any, seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    return task.with_train_statistics(task.model(), data.files("train"), feature_spec=data.feature_spec)


def _retraining(
    name: str,
    data: TransformedData,
    model: keras.Model,
    place: Path,
    strategy: tf.distribute.Strategy | None = None,
) -> Retraining:
    [(inputs, _)] = data.evaluation(8).take(1)
    return Retraining(
        model,
        data,
        TASKS[name],
        train=TRAIN,
        sample={key: np.asarray(values) for key, values in inputs.items()},
        seed=0,
        strategy=strategy or tf.distribute.get_strategy(),
        workspaces=epath.Path(place),
    )


@pytest.mark.parametrize("name", TASKS)
def test_a_student_comes_closer_to_its_teacher(name, transformed, tmp_path):
    data = transformed(name)
    teacher = _drawn(data, data.task, seed=1)
    recipe = Recipe(name="student", distil={"student": STUDENTS[name], "weight": 1.0}, epochs=1, learning_rate=0.01)
    task = with_values(TASKS[name], TRAIN, STUDENTS[name])[0].load()
    objective = task.distillation_objective(teacher, recipe.distil)
    after = task.train_batches(
        data.files("train"), feature_spec=data.feature_spec, batch_size=32, seed=0, steps_per_epoch=1
    )
    [batch] = after(0).take(1)

    def distance(student: keras.Model) -> float:
        # At weight 1 nothing else is in the loss.
        keras.utils.set_random_seed(2)
        losses, _ = objective(task.training_model(student), batch, training=True)
        return float(tf.reduce_mean(losses))

    before = distance(_drawn(data, task, seed=0))
    student = _retraining(name, data, teacher, tmp_path).source(recipe)
    assert distance(student) < before
    assert student.count_params() != teacher.count_params()
    if name.startswith("forecasting"):
        scaler, its = (model.get_layer(STANDARDIZATION).get_weights() for model in (teacher, student))
        np.testing.assert_array_equal(its, scaler)
        assert scaler[1] != 1


@pytest.mark.parametrize("name", ["forecasting", "forecasting_of_quantiles_one_by_one"])
def test_a_forecaster_is_pruned_and_clustered(name, transformed, tmp_path):
    data = transformed(name)
    recipe = Recipe(
        name="sparse", prune={"sparsity": 0.5, "scope": "layer"}, cluster={"clusters": 4}, epochs=1, learning_rate=0.01
    )
    sparse = _retraining(name, data, _drawn(data, data.task, seed=1), tmp_path).source(recipe)
    kernels = [layer.kernel for layer in sparse.layers if isinstance(layer, keras.layers.Dense | keras.layers.Conv1D)]
    assert kernels
    for kernel in kernels:
        assert np.mean(kernel.numpy() == 0) == pytest.approx(0.5, abs=0.5 / kernel.numpy().size)
        assert len(np.unique(kernel.numpy())) <= 4


def test_what_was_trained_before_a_kill_is_not_trained_again(transformed, tmp_path, caplog):
    name = "image_classification"
    data = transformed(name)
    model = _drawn(data, data.task, seed=1)
    recipe = Recipe(
        name="small",
        precision="int8",
        prune={"sparsity": 0.5},
        epochs=2,
        learning_rate=0.01,
        quantize_aware={"epochs": 1},
    )
    first = _retraining(name, data, model, tmp_path).source(recipe)
    caplog.set_level(logging.INFO, "slipway.training")
    again = _retraining(name, data, model, tmp_path).source(recipe)
    # 48 examples in batches of 8: both trainings were at their end.
    found = [record.getMessage() for record in caplog.records if record.name == "slipway.training"]
    assert found == [f"going on from the checkpoint of step {step}" for step in (12, 6)]
    for one, other in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_was_trained_on_several_devices_can_be_exported(transformed, tmp_path):
    name = "image_classification"
    data = transformed(name)
    recipe = Recipe(name="sparse", prune={"sparsity": 0.5}, epochs=1, precision="int8", quantize_aware={"epochs": 1})
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    trained = _retraining(name, data, _drawn(data, data.task, seed=1), tmp_path, strategy).source(recipe)
    assert not any(isinstance(weight.value, tf.distribute.DistributedValues) for weight in trained.weights)
    trained.export(tmp_path / "saved", verbose=False)
    assert (tmp_path / "saved" / "saved_model.pb").exists()
