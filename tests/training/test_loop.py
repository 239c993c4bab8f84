import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training import small
from training import CheckpointStore, Hook, Loop, SupervisedObjective
from training.early_stopping import EarlyStopping
from training.errors import DivergedError
from training.options import StepOptions


def _model(weight: float = 0.0) -> keras.Model:
    x = keras.Input((1,), name="x")
    dense = keras.layers.Dense(1, use_bias=False)
    model = keras.Model({"x": x}, {"y": dense(x)})
    dense.set_weights([np.full((1, 1), weight, np.float32)])
    return model


def _objective(**options) -> SupervisedObjective:
    def squared(target, outputs):
        return tf.square(outputs["y"][:, 0] - target)

    def absolute(target, outputs):
        return tf.abs(outputs["y"][:, 0] - target)

    return SupervisedObjective(loss=squared, metrics={"mae": absolute}, **options)


def _batches(x: list[float], y: list[float], size: int) -> tf.data.Dataset:
    x, y = np.array(x, np.float32)[:, None], np.array(y, np.float32)
    return tf.data.Dataset.from_tensor_slices(({"x": x}, y)).batch(size)


def _loop(model: keras.Model, *, learning_rate: float = 0.1, **options) -> Loop:
    optimizer = keras.optimizers.SGD(learning_rate)
    if "steps_per_execution" in options:
        options["step"] = StepOptions(steps_per_execution=options.pop("steps_per_execution"))
    return Loop(model=model, objective=options.pop("objective", _objective()), optimizer=optimizer, **options)


@pytest.mark.parametrize("steps_per_execution", [1, 2, 3, 16])
def test_takes_the_steps_of_gradient_descent(steps_per_execution):
    """w <- w - 0.1 * d/dw mean((w x - y)^2), by hand, five steps on one batch."""
    model = _model()
    batches = _batches([1, 2], [2, 4], 2)
    loop = _loop(model, steps_per_execution=steps_per_execution)
    [record] = loop.epochs(train=batches.repeat(), evaluation=batches, epochs=1, steps_per_epoch=5)
    weight, losses = 0.0, []
    for _ in range(5):
        losses.append(((weight - 2) ** 2 + (2 * weight - 4) ** 2) / 2)
        weight -= 0.1 * ((weight - 2) * 2 + (2 * weight - 4) * 4) / 2
    assert model.get_weights()[0].item() == pytest.approx(weight, rel=1e-5)
    assert record.train["loss"] == pytest.approx(np.mean(losses), rel=1e-5)
    assert record.evaluation["mae"] == pytest.approx((abs(weight - 2) + abs(2 * weight - 4)) / 2, rel=1e-4)
    assert record.step == 5


def test_tells_the_steps_taken():
    told = []

    class Told(Hook):
        def on_steps(self, record):
            told.append(record.step)

    batches = _batches([1], [1], 1)
    loop = _loop(_model(), steps_per_execution=3, hooks=[Told()])
    list(loop.epochs(train=batches.repeat(), evaluation=batches, epochs=2, steps_per_epoch=5))
    assert told == [3, 5, 8, 10]


def test_means_are_over_examples_not_batches():
    batches = _batches([0, 0, 0], [1, 1, 4], 2)
    assert _loop(_model()).evaluate(batches)["mae"] == pytest.approx(2.0)


def test_augments_in_training_only():
    objective = _objective(augment=lambda inputs, targets: ({"x": inputs["x"] * 0}, targets))
    batches = _batches([1], [1], 1)
    loop = _loop(_model(3.0), objective=objective)
    [record] = loop.epochs(train=batches.repeat(), evaluation=batches, epochs=1, steps_per_epoch=1)
    # Zeroed inputs give no gradient: the weight stays, train sees 0 - 1, evaluation sees 3 - 1.
    assert record.train["mae"] == pytest.approx(1)
    assert record.evaluation["mae"] == pytest.approx(2)


def test_regularization_is_minimized_but_not_reported():
    model = _model(1.0)
    model.layers[-1].kernel.regularizer = keras.regularizers.L2(0.5)
    batches = _batches([0], [0], 1)
    [record] = _loop(model).epochs(train=batches.repeat(), evaluation=batches, epochs=1, steps_per_epoch=1)
    # d/dw 0.5 w^2 = 1, so that w falls by the learning rate.
    assert model.get_weights()[0].item() == pytest.approx(0.9)
    assert record.train["loss"] == 0


def test_stops_early_with_the_best_weights():
    model = _model(2.0)
    train, held_out = _batches([1], [10], 1).repeat(), _batches([1], [2], 1)
    loop = _loop(model, early_stopping=EarlyStopping(patience=3))
    records = list(loop.epochs(train=train, evaluation=held_out, epochs=50, steps_per_epoch=1))
    # Each step leads away from what the held-out split wants; the first epoch was the best.
    assert len(records) == 4
    assert [record.is_best for record in records] == [True, False, False, False]
    assert model.get_weights()[0].item() == pytest.approx(2 + 0.1 * 2 * 8)


def test_a_loss_that_is_no_number_ends_training():
    batches = _batches([1e20], [1e25], 1)
    loop = _loop(_model(), learning_rate=1e10)
    with pytest.raises(
        DivergedError, match=r"the training loss was (inf|nan); 3 rollbacks .* Lower train\.learning_rate"
    ):
        list(loop.epochs(train=batches.repeat(), evaluation=batches, epochs=2, steps_per_epoch=2))


def test_batch_normalization_learns_statistics_in_training_only():
    x = keras.Input((1,), name="x")
    model = keras.Model({"x": x}, {"y": keras.layers.BatchNormalization(momentum=0.5)(x)})
    batches = _batches([2, 4], [0, 0], 2)
    loop = _loop(model, learning_rate=0.0)
    loop.evaluate(batches)
    assert float(model.layers[-1].moving_mean[0]) == 0
    list(loop.epochs(train=batches.repeat(), evaluation=batches, epochs=1, steps_per_epoch=1))
    assert float(model.layers[-1].moving_mean[0]) == pytest.approx(1.5)


def test_what_is_done_is_not_done_again(tmp_path):
    model = small.model()
    records = small.train(small.loop(model, checkpoints=CheckpointStore(tmp_path)), epochs=2)
    # None was due before the end.
    assert CheckpointStore(tmp_path).steps() == [records[-1].step]
    again = small.model()
    assert small.train(small.loop(again, checkpoints=CheckpointStore(tmp_path)), epochs=2) == []
    for mine, theirs in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
