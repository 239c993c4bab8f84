import keras
import numpy as np
import pytest
import tensorflow as tf

from compression.changes.distillation import DistillationObjective
from training.losses import OutputDifference
from training.objective import SupervisedObjective


def _linear(factor: float) -> keras.Model:
    x = keras.Input((1,), name="x")
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer=keras.initializers.Constant(factor))
    return keras.Model({"x": x}, {"y": layer(x)})


def _objective(**options) -> DistillationObjective:
    alone = SupervisedObjective(
        loss=lambda target, outputs: (outputs["y"][:, 0] - target) ** 2,
        metrics={"error": lambda target, outputs: tf.abs(outputs["y"][:, 0] - target)},
        **options,
    )
    return DistillationObjective(
        alone,
        teacher=_linear(3.0),
        loss=lambda theirs, ours: tf.abs(theirs["y"] - ours["y"])[:, 0],
        weight=0.75,
    )


BATCH = ({"x": tf.constant([[1.0], [2.0]])}, tf.constant([0.0, 0.0]))


def test_the_loss_is_shared_between_targets_and_teacher():
    losses, metrics = _objective()(_linear(1.0), BATCH, training=True)
    # Student 1 and 2, targets 0, teacher 3 and 6: 0.25 * (1, 4) + 0.75 * (2, 4).
    np.testing.assert_allclose(losses, [1.75, 4.0])
    np.testing.assert_allclose(metrics["error"], [1, 2])


def test_evaluation_is_by_the_targets_alone():
    losses, _ = _objective()(_linear(1.0), BATCH, training=False)
    np.testing.assert_allclose(losses, [1, 4])


def test_the_teacher_sees_what_the_student_sees():
    def doubled(inputs, target):
        return {"x": inputs["x"] * 2}, target

    losses, _ = _objective(augment=doubled)(_linear(1.0), BATCH, training=True)
    # Student 2 and 4, teacher 6 and 12: 0.25 * (4, 16) + 0.75 * (4, 8).
    np.testing.assert_allclose(losses, [4, 10])


def test_only_the_student_learns():
    student, objective = _linear(1.0), _objective()
    with tf.GradientTape() as tape:
        losses, _ = objective(student, BATCH, training=True)
    [gradient] = tape.gradient(losses, student.trainable_weights)
    # Of 0.25 * (w x)^2 + 0.75 * |3 x - w x| at w = 1, over x = 1, 2.
    assert float(gradient[0, 0]) == pytest.approx(0.25 * 2 * (1 + 4) - 0.75 * (1 + 2))


def test_a_student_may_be_given_more_than_its_teacher_takes():
    x, hint = keras.Input((1,), name="x"), keras.Input((1,), name="hint")
    student = keras.Model({"x": x, "hint": hint}, {"y": keras.layers.Add()([x, hint])})

    class Hinted:
        layers = ()

        def __call__(self, model, batch, *, training):
            inputs, target = batch
            if "hint" in model.input:
                inputs = {**inputs, "hint": inputs["x"]}
            return (model(inputs, training=training)["y"][:, 0] - target) ** 2, {}

    objective = DistillationObjective(
        Hinted(), teacher=_linear(3.0), loss=lambda theirs, ours: tf.abs(theirs["y"] - ours["y"])[:, 0], weight=0.75
    )
    losses, _ = objective(student, BATCH, training=True)
    # Student 2 and 4, targets 0, teacher 3 and 6: 0.25 * (4, 16) + 0.75 * (1, 2).
    np.testing.assert_allclose(losses, [1.75, 5.5])


def test_an_objective_that_does_not_call_its_model_is_told():
    class Inside:
        layers = ()

        def __call__(self, model, batch, *, training):
            return model.layers[-1](batch[0]["x"])[:, 0], {}

    objective = DistillationObjective(Inside(), teacher=_linear(3.0), loss=OutputDifference(), weight=0.5)
    with pytest.raises(ValueError, match=r"must call the model .* Received: Inside, .* Override .*distillation_obj"):
        objective(_linear(1.0), BATCH, training=True)
