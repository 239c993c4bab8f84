"""What a recipe makes of the trained model of Points; the training itself is a stub that is told of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from etils import epath

from components.compressor.retraining import Retraining, StudentError
from compression.recipe import Recipe
from tasks.transformed_data import TransformedData
from tests.components.points import SPEC, points_model
from training.options import TrainOptions
from training.records import StepsRecord

# 8 examples in batches of 3 are 2 steps an epoch.
TRAIN = TrainOptions(batch_size=3, epochs=7, learning_rate=0.5)
STEPS_PER_EPOCH = 2


@dataclass(frozen=True)
class Training:
    """One call of `finetune`: its arguments, and the hidden layer's kernel once the hooks were told of a step."""

    model: keras.Model
    objective: Any
    options: TrainOptions
    others: dict[str, Any]
    kernels: list[np.ndarray]


def _record_trainings(patch: pytest.MonkeyPatch) -> list[Training]:
    """Those that would have been run from now on, in order."""
    seen = []

    def finetune(model, objective, options, **others):
        kernels = []
        for step in range(options.epochs * others["steps_per_epoch"] + 1):
            for hook in others["hooks"]:
                hook.on_steps(StepsRecord(step=step, means={}, learning_rate=0.0, examples_per_sec=0.0))
            kernels.append(model.get_layer("hidden").kernel.numpy())
        seen.append(Training(model, objective, options, others, kernels))

    patch.setattr("components.compressor.retraining.finetune", finetune)
    return seen


def _retraining(points, place: Path) -> Retraining:
    return Retraining(
        points_model(),
        TransformedData(
            task=points.task,
            directory=points.transformed_examples.uri,
            feature_spec=points.transform_output.transformed_feature_spec(),
        ),
        SPEC,
        train=TRAIN,
        sample={"point": np.ones((4, 2), np.float32)},
        seed=0,
        strategy=tf.distribute.get_strategy(),
        workspaces=epath.Path(place),
    )


@pytest.fixture
def trainings(monkeypatch) -> list[Training]:
    """Those that would have been run, in order."""
    return _record_trainings(monkeypatch)


@pytest.fixture
def retrain(points, trainings, tmp_path):
    """What is converted by a recipe's keys."""
    retraining = _retraining(points, tmp_path)
    return lambda **keys: retraining.source(Recipe(**{"name": "changed", **keys}) if keys else None)


@pytest.fixture(scope="module")
def aware_trainings(points, tmp_path_factory) -> list[Training]:
    """Those of a recipe that prunes and then quantizes."""
    changes = {"prune": {"sparsity": 0.75, "scope": "layer"}, "epochs": 4}
    aware = {"precision": "int8", "quantize_aware": {"epochs": 2, "learning_rate": 0.125}}
    with pytest.MonkeyPatch.context() as patch:
        seen = _record_trainings(patch)
        _retraining(points, tmp_path_factory.mktemp("aware")).source(Recipe(name="aware", **changes, **aware))
    return seen


def _weights(model: keras.Model) -> list[np.ndarray]:
    return [*map(np.asarray, model.get_weights())]


def test_without_a_recipe_it_is_the_trained_model(retrain, trainings):
    for given, expected in zip(_weights(retrain()), _weights(points_model()), strict=True):
        np.testing.assert_array_equal(given, expected)
    assert trainings == []


def test_what_only_keeps_layers_in_float_is_not_trained(retrain, trainings):
    retrain(precision="int8", keep_float=["head"])
    assert trainings == []


def test_a_recipe_leaves_the_trained_model_as_it_is(retrain):
    retrain(prune={"sparsity": 0.75})
    for given, expected in zip(_weights(retrain()), _weights(points_model()), strict=True):
        np.testing.assert_array_equal(given, expected)


def test_pruned_is_as_sparse_as_the_recipe_says_and_keeps_the_largest(retrain):
    hidden, _, head, _ = _weights(retrain(prune={"sparsity": 0.75, "scope": "layer"}))
    assert np.count_nonzero(hidden) == np.count_nonzero(head) == 2


def test_pruning_goes_by_the_steps_of_the_recipe_s_epochs(retrain, trainings):
    retrain(prune={"sparsity": 0.75, "scope": "layer", "schedule": "constant", "begin": 0.5}, epochs=5)
    [training] = trainings
    assert [np.count_nonzero(training.kernels[step]) for step in (4, 5)] == [4, 2]


@pytest.mark.parametrize(
    ("changes", "begin_step"),
    [
        # Once pruning is done, which is at 0.6 of 10 steps.
        ({"prune": {"sparsity": 0.25}}, 6),
        # There is much to learn before.
        ({"distil": {"student": {"options.units": 8}}}, 5),
    ],
    ids=["pruned", "of a student"],
)
def test_clusters_are_made_when_what_comes_before_is_done(changes, begin_step, retrain, trainings):
    retrain(cluster={"clusters": 2}, epochs=5, **changes)
    [training] = trainings
    is_clustered = [not np.array_equal(kernel, training.kernels[0]) for kernel in training.kernels]
    assert is_clustered.index(True) == begin_step


def test_clustered_weights_have_few_values(retrain):
    hidden, _, head, _ = _weights(retrain(cluster={"clusters": 3}))
    assert max(len(np.unique(hidden)), len(np.unique(head))) <= 3


def test_channels_are_taken_out(retrain):
    hidden, _, head, _ = _weights(retrain(prune_channels={"share": 0.5, "min_channels": 1}))
    assert (hidden.shape, head.shape) == ((2, 2), (2, 2))


def test_epochs_and_learning_rate_are_the_recipe_s_and_all_else_the_config_s(retrain, trainings):
    retrain(prune={}, epochs=2, learning_rate=0.25)
    [training] = trainings
    assert training.options == TRAIN.model_copy(update={"epochs": 2, "learning_rate": 0.25})


def test_every_epoch_is_of_the_whole_batches_of_the_train_split(retrain, trainings):
    retrain(prune={})
    [training] = trainings
    assert training.others["steps_per_epoch"] == STEPS_PER_EPOCH
    inputs, _ = next(iter(training.others["train"](0)))
    assert inputs["point"].shape == (3, 2)


def test_recipes_of_one_training_share_it(retrain, trainings):
    for precision in ("float32", "int8", "dynamic"):
        retrain(name=precision, precision=precision, prune={})
    assert len(trainings) == 1


@pytest.mark.parametrize("changed", [{"prune": {"sparsity": 0.25}}, {"epochs": 9}, {"learning_rate": 0.1}])
def test_recipes_that_differ_are_trained_each(changed, retrain, trainings):
    retrain(prune={})
    retrain(**{"prune": {}, **changed})
    assert len(trainings) == 2


def _checkpoints(trainings: list[Training]) -> set[str]:
    return {str(training.others["checkpoints"].directory) for training in trainings}


def test_checkpoints_of_trainings_that_differ_are_apart(retrain, trainings):
    retrain(prune={})
    retrain(prune={}, epochs=9)
    assert len(_checkpoints(trainings)) == 2


def test_checkpoints_of_both_trainings_of_a_recipe_are_apart(aware_trainings):
    assert len(_checkpoints(aware_trainings)) == 2


def test_quantization_aware_training_comes_after_the_other_and_has_its_own_epochs(aware_trainings):
    assert [(each.options.epochs, each.options.learning_rate) for each in aware_trainings] == [(4, 0.001), (2, 0.125)]


def test_quantization_aware_training_begins_with_what_the_other_came_to(aware_trainings):
    _, aware = aware_trainings
    kernels = [weight for weight in aware.model.get_weights() if weight.shape in ((2, 4), (4, 2))]
    assert [np.count_nonzero(kernel) for kernel in kernels] == [2, 2]


def test_a_model_that_was_changed_is_taught_by_the_trained_one(retrain, trainings):
    retrain(prune={}, distil={"weight": 1.0})
    [training] = trainings
    training.model.set_weights(points_model(slope=2.0).get_weights())
    batch = {"point": tf.constant([[3.0, 1.0], [-1.0, 0.0]])}, {"label": tf.constant([1, 0])}
    losses, _ = training.objective(training.model, batch, training=True)
    # The outputs are (-2 x, 2 x) instead of (-x, x).
    np.testing.assert_allclose(losses, [9.0, 1.0])


def test_a_student_is_a_new_model_of_its_options(retrain):
    assert _weights(retrain(distil={"student": {"options.units": 3}}))[0].shape == (2, 3)


def test_a_student_of_other_outputs_is_refused(retrain):
    with pytest.raises(StudentError, match=r"'logits': \(None, 2\)}\. Received: .*'logits': \(None, 3\)}"):
        retrain(distil={"student": {"options.outputs": 3}})
