"""What a few-shot student learns of a teacher's answers, by learner."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training.meta.episodes import classification, classification_batch, regression, regression_batch
from training.losses import Distillation, SquaredError
from training.meta.learner import LEARNER
from training.meta.learners.fine_tuning import FineTuningOptions
from training.meta.learners.maml import MAMLOptions
from training.meta.learners.prototypes import PrototypeOptions
from training.meta.learners.reptile import ReptileOptions
from training.meta.objective import MetaObjective
from training.meta.teaching import Teaching

WEIGHT = 0.75
CLASSES = 5


def _losses(options, loss, student, teacher, batch, *, training=True):
    """Of the student with a teacher, and without one."""
    distance = SquaredError() if loss == "mse" else Distillation(temperature=2.0)
    teaching = Teaching(teacher.get_layer(LEARNER), distance=distance, weight=WEIGHT)
    objectives = [MetaObjective(loss=loss, options=options, teaching=given) for given in (teaching, None)]
    return [objective(student, batch, training=training)[0].numpy() for objective in objectives]


def _other(model: keras.Model) -> keras.Model:
    """The same model with other weights."""
    other = keras.models.clone_model(model)
    other.set_weights([weights * 1.5 + 0.1 for weights in model.get_weights()])
    return other


@pytest.mark.parametrize(
    "options",
    [MAMLOptions(kind="maml", steps=2, eval_steps=3), ReptileOptions(kind="reptile", steps=2)],
    ids=lambda options: options.kind,
)
def test_a_share_of_the_loss_is_the_distance_from_the_adapted_teacher_s_answers(options):
    student, batch = regression(options), regression_batch()
    teacher = _other(student)
    taught, alone = _losses(options, "mse", student, teacher, batch)
    theirs, ours = (model(batch[0])["predictions"].numpy()[:, 2] for model in (teacher, student))
    expected = (1 - WEIGHT) * alone + WEIGHT * ((theirs - ours) ** 2).mean(axis=(1, 2))
    np.testing.assert_allclose(taught, expected, rtol=1e-4)


def test_the_teacher_s_last_answers_stand_for_labels_at_every_step_that_is_learned_from():
    options = MAMLOptions(kind="maml", steps=2, step_losses="uniform")
    student, batch = regression(options), regression_batch()
    teacher = _other(student)
    taught, alone = _losses(options, "mse", student, teacher, batch)
    theirs, ours = (model(batch[0])["predictions"].numpy() for model in (teacher, student))
    distances = [((theirs[:, 2] - ours[:, step]) ** 2).mean(axis=(1, 2)) for step in (1, 2)]
    np.testing.assert_allclose(taught, (1 - WEIGHT) * alone + WEIGHT * np.mean(distances, axis=0), rtol=1e-4)


def test_prototypes_learn_from_the_teacher_s_softened_probabilities():
    options, batch = PrototypeOptions(kind="prototypes"), classification_batch()
    student = classification(options, normalization="batch", has_head=False)
    teacher = _other(student)
    taught, alone = _losses(options, "cross_entropy", student, teacher, batch)
    answers = teacher(batch[0]), student(batch[0], training=True)
    theirs, ours = (tf.nn.softmax(answer["predictions"][:, 0] / 2.0) for answer in answers)
    divergence = keras.losses.KLDivergence(reduction=None)(theirs, ours)
    expected = (1 - WEIGHT) * alone + WEIGHT * 4 * np.mean(divergence, axis=1)
    np.testing.assert_allclose(taught, expected, rtol=1e-4)


def test_pre_training_learns_from_the_teacher_s_answers_over_all_classes():
    options = FineTuningOptions(kind="fine_tuning", adapts="head", classes=CLASSES)
    student, (episodes, targets) = classification(options, normalization="batch"), classification_batch()
    teacher = _other(student)
    targets["query_class"] = np.array([[0, 1, 2], [3, 4, 0], [1, 2, 3]], "int32")
    before = teacher.get_weights()
    taught, alone = _losses(options, "cross_entropy", student, teacher, (episodes, targets))
    theirs = teacher.get_layer(LEARNER).teach(episodes)
    ours = student.get_layer(LEARNER).outer_predictions(episodes, steps=[0])[:, 0]
    divergence = keras.losses.KLDivergence(reduction=None)(tf.nn.softmax(theirs / 2.0), tf.nn.softmax(ours / 2.0))
    np.testing.assert_allclose(taught, (1 - WEIGHT) * alone + WEIGHT * 4 * np.mean(divergence, axis=1), rtol=1e-4)
    # Its running statistics are not those of the student's batches.
    for one, other in zip(before, teacher.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", ["maml", "prototypes"])
def test_evaluation_is_by_the_labels_alone(kind):
    options = MAMLOptions(kind="maml") if kind == "maml" else PrototypeOptions(kind="prototypes")
    student = classification(options, normalization="batch", has_head=kind == "maml")
    taught, alone = _losses(options, "cross_entropy", student, _other(student), classification_batch(), training=False)
    np.testing.assert_array_equal(taught, alone)


@pytest.mark.parametrize("options", [MAMLOptions(kind="maml"), ReptileOptions(kind="reptile", steps=2)])
def test_the_student_learns_and_the_teacher_does_not(options):
    student, batch = regression(options), regression_batch()
    teacher = _other(student)
    teaching = Teaching(teacher.get_layer(LEARNER), distance=SquaredError(), weight=1.0)
    with tf.GradientTape() as tape:
        losses, _ = MetaObjective(loss="mse", options=options, teaching=teaching)(student, batch, training=True)
    mine = [variable.value for variable in student.trainable_variables]
    theirs = [variable.value for variable in teacher.trainable_variables]
    gradients = tape.gradient(losses, [*mine, *theirs])
    assert all(np.abs(gradient).max() > 0 for gradient in gradients[: len(mine)])
