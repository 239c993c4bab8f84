"""What the loop does when numbers stop being numbers."""

import logging

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training import small
from training import CheckpointStore, SupervisedObjective
from training.early_stopping import EarlyStopping
from training.errors import BadBatchError, DivergedError
from training.gap_ratio import GapRatioGuard
from training.options import GapRatioOptions, RecoveryOptions, StepOptions


def _exploding(above: float) -> SupervisedObjective:
    """A loss that is not a number once a step moved the weights further than `above` allows."""

    def loss(y, outputs):
        squared = tf.square(outputs["y"][:, 0] - y)
        return tf.where(tf.reduce_max(squared) > above, np.nan, squared)

    return SupervisedObjective(loss=loss, metrics={})


def test_goes_back_with_a_lower_rate_until_it_holds():
    model = small.model()
    loop = small.loop(model, learning_rate=2.0, objective=_exploding(1e3), recovery=RecoveryOptions(rollbacks=10))
    records = small.train(loop)
    assert np.isfinite(records[-1].train["loss"])
    events = [event for record in records for event in record.events]
    assert all("the training loss was nan: back to step" in event for event in events)
    # Each of the rollbacks halved the rate.
    assert records[-1].learning_rate == pytest.approx(2.0 * 0.5 ** len(events))
    assert len(events) >= 2


def test_a_recovered_training_is_one_that_began_with_the_lower_rate():
    recovered, plain = small.model(), small.model()
    loop = small.loop(recovered, learning_rate=2.0, objective=_exploding(1e3), recovery=RecoveryOptions(rollbacks=10))
    records = small.train(loop, epochs=1)
    small.train(small.loop(plain, learning_rate=records[0].learning_rate, objective=_exploding(1e3)), epochs=1)
    for mine, theirs in zip(recovered.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_gives_up_after_so_many_rollbacks():
    loop = small.loop(small.model(), objective=_exploding(0.0), recovery=RecoveryOptions(rollbacks=2))
    with pytest.raises(DivergedError, match=r"by step 5: the training loss was nan; 2 rollbacks .* Lower train\.lear"):
        small.train(loop)


def test_an_evaluation_that_is_no_number_is_a_divergence():
    calls = []

    class Objective:
        layers = ()

        def __call__(self, model, batch, *, training):
            inputs, y = batch
            calls.append(training)
            squared = tf.square(model(inputs, training=training)["y"][:, 0] - y)
            return (squared if training else squared * np.nan), {}

    with pytest.raises(DivergedError, match="the evaluation loss was nan"):
        small.train(small.loop(small.model(), objective=Objective(), recovery=RecoveryOptions(rollbacks=1)))


def test_a_batch_without_numbers_is_named_at_once():
    def spoiled(index, inputs_and_y):
        (inputs, y) = inputs_and_y
        return inputs, tf.where(index == 3, np.nan, 1.0) * y

    data = small.batches().enumerate().map(spoiled).repeat()
    with pytest.raises(BadBatchError, match=r"Received: 8 NaN or infinite values in the batch of step 4, tensor 1"):
        small.train(small.loop(small.model()), data=data)


def test_numbers_that_a_rectifier_hides_from_the_loss_are_found_in_the_weights():
    """A ReLU on CPUs makes zero of NaN: the loss stays finite, and the kernel before it does not."""

    def spoiled(index, inputs_and_y):
        (inputs, y) = inputs_and_y
        return {"x": tf.where(index == 3, np.nan, 1.0) * inputs["x"]}, y

    data = small.batches().enumerate().map(spoiled).repeat()
    with pytest.raises(BadBatchError, match=r"Received: 32 NaN or infinite values in the batch of step 4, tensor 0"):
        small.train(small.loop(small.model()), data=data)


def test_batches_that_end_are_told():
    with pytest.raises(BadBatchError, match="one of the steps 1 to 5: the train batches came to an end"):
        small.train(small.loop(small.model()), data=small.batches(steps=3))


def test_a_batch_of_another_shape_is_told():
    def odd(index, inputs_and_y):
        (inputs, y) = inputs_and_y
        # Half a batch of targets, which a static shape would have refused at the start.
        return inputs, y[: tf.where(index == 2, 4, 8)]

    data = small.batches().enumerate().map(odd).repeat()
    with pytest.raises(BadBatchError, match=r"at step 3: .*ncompatible shapes"):
        small.train(small.loop(small.model(), step=StepOptions(steps_per_execution=1)), data=data)


def test_a_damaged_checkpoint_costs_the_steps_since_the_one_before(tmp_path, caplog):
    plain, interrupted, resumed = small.model(), small.model(), small.model()
    small.train(small.loop(plain), epochs=3)
    small.train(small.loop(interrupted, checkpoints=CheckpointStore(tmp_path), checkpoint_every_secs=1e-9), epochs=2)
    assert CheckpointStore(tmp_path).steps() == [5, 10]
    (tmp_path / "step-0000000010" / "tensors.data-00000-of-00001").write_bytes(b"")
    with caplog.at_level(logging.WARNING, logger="slipway.training"):
        records = small.train(small.loop(resumed, checkpoints=CheckpointStore(tmp_path)), epochs=3)
    assert [record.epoch for record in records] == [2, 3]
    for mine, theirs in zip(resumed.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    [event] = records[0].events
    assert event.startswith("the checkpoint of step 10 is damaged (")
    assert event.endswith("): training goes on from that of step 5")
    assert event in caplog.text
    assert not records[1].events


def _overfitting(action: str) -> list:
    """Sixteen examples of noise, learned by heart."""
    random = np.random.default_rng(0)
    x, y = random.normal(size=(16, 4)).astype(np.float32), random.normal(size=16).astype(np.float32)
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,), name="x")
    hidden = keras.layers.Dense(64, activation="relu")(inputs)
    model = keras.Model({"x": inputs}, {"y": keras.layers.Dense(1)(hidden)})
    guard = GapRatioGuard(GapRatioOptions(warn=0.5, act=1.0, patience=2, action=action))
    data = tf.data.Dataset.from_tensor_slices(({"x": x}, y)).batch(16).repeat()
    return small.train(small.loop(model, learning_rate=0.02, kind="adam", gap_guard=guard), data=data, epochs=12)


def test_the_gap_guard_stops_overfitting(caplog):
    with caplog.at_level(logging.WARNING, logger="slipway.training"):
        records = _overfitting("stop")
    assert len(records) < 12
    assert "training stops" in records[-1].events[-1]
    assert all(record.gap_ratio > 1.0 for record in records[-2:])
    assert "gap ratio" in caplog.text


def test_the_gap_guard_cuts_the_learning_rate():
    records = _overfitting("cut_learning_rate")
    assert len(records) == 12
    assert records[-1].learning_rate < 0.02
    assert any("the learning rate is cut" in event for record in records for event in record.events)


def test_the_gap_is_measured_without_what_only_training_does():
    """With all inputs dropped in training, only a sample of the train split shows how well the model knows it."""
    model, data = small.model(dropout=0.9), small.batches().repeat()
    loop = small.loop(model, early_stopping=EarlyStopping(patience=5))
    [record] = small.train(loop, data=data, epochs=1, train_sample=small.batches(seed=1))
    assert record.gap_ratio == pytest.approx(0.0)
    assert record.train["loss"] != pytest.approx(record.evaluation["loss"])
