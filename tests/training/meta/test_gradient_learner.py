"""Learners against finite differences, against each other, and what each may change."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.few_shot.networks import perceptron
from tests.training.meta.episodes import (
    classification,
    classification_batch,
    regression,
    regression_batch,
    side_by_side,
)
from training.meta.gradient_learner import GradientLearner
from training.meta.learner import LEARNER
from training.meta.learners.anil import ANILOptions
from training.meta.learners.cavia import CAVIAOptions
from training.meta.learners.fine_tuning import FineTuningOptions
from training.meta.learners.maml import MAMLOptions
from training.meta.learners.prototypes import PrototypeOptions
from training.meta.learners.reptile import ReptileOptions
from training.meta.objective import MetaObjective

LEARNERS = {
    "maml": MAMLOptions(kind="maml", steps=2),
    "first_order": MAMLOptions(kind="maml", steps=2, is_first_order=True),
    "meta_sgd": MAMLOptions(kind="maml", learned_rates="parameter"),
    "step_rates": MAMLOptions(kind="maml", steps=2, eval_steps=3, learned_rates="step"),
    "anil": ANILOptions(kind="anil"),
    "cavia": CAVIAOptions(kind="cavia", context=2),
    "cavia_film": CAVIAOptions(kind="cavia", context=2, conditioning="film", steps=2, step_losses="uniform"),
    "reptile": ReptileOptions(kind="reptile", steps=2),
    "fine_tuning": FineTuningOptions(kind="fine_tuning", steps=2, adapts="head"),
}


@pytest.fixture
def _float64():
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


def _loss(model, options, batch):
    return tf.reduce_mean(MetaObjective(loss="mse", options=options)(model, batch, training=True)[0])


def _loss_and_gradients(model, options, batch):
    values = [variable.value for variable in model.trainable_variables]
    with tf.GradientTape() as tape:
        loss = _loss(model, options, batch)
    return loss, tape.gradient(loss, values)


def _gradients(model, options, batch):
    return _loss_and_gradients(model, options, batch)[1]


@pytest.mark.usefixtures("_float64")
@pytest.mark.parametrize("name", ["maml", "meta_sgd", "cavia_film"])
def test_the_outer_gradient_is_that_of_central_finite_differences(name):
    options, batch = LEARNERS[name], regression_batch(dtype="float64")
    model = side_by_side(regression(options, widths=(4,)))
    compute = tf.function(lambda: _loss_and_gradients(model, options, batch))
    found = tf.concat([tf.reshape(gradient, [-1]) for gradient in compute()[1]], 0).numpy()
    expected = []
    for variable in model.trainable_variables:
        start = variable.numpy()
        for index in np.ndindex(start.shape):
            around = []
            for step in (1e-5, -1e-5):
                moved = start.copy()
                moved[index] += step
                variable.assign(moved)
                around.append(float(compute()[0]))
            expected.append((around[0] - around[1]) / 2e-5)
        variable.assign(start)
    assert np.linalg.norm(found - expected) / np.linalg.norm(expected) <= 1e-6


@pytest.mark.parametrize("name", ["maml", "first_order", "cavia", "reptile"])
def test_tasks_side_by_side_give_the_gradients_of_tasks_one_after_the_other(name):
    options, batch = LEARNERS[name], regression_batch()
    model = regression(options)
    one_by_one = _gradients(model, options, batch)
    for one, other in zip(_gradients(side_by_side(model), options, batch), one_by_one, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["meta_sgd", "cavia", "fine_tuning"])
def test_a_saved_model_predicts_as_the_one_that_was_saved(name, tmp_path):
    model, (episodes, _) = regression(LEARNERS[name]), regression_batch()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(episodes)["predictions"], model(episodes)["predictions"])


def test_adapting_changes_no_variable():
    model, (episodes, _) = regression(LEARNERS["maml"]), regression_batch()
    before = model.get_weights()
    model(episodes)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_anil_adapts_the_head_alone():
    learner = regression(LEARNERS["anil"]).get_layer(LEARNER)
    assert [value.shape for value in learner.start()] == [(4, 1), (1,)]


def test_cavia_adapts_its_context_alone_and_starts_from_zeros():
    learner = regression(LEARNERS["cavia"]).get_layer(LEARNER)
    [context] = learner.start()
    np.testing.assert_array_equal(context, [0, 0])
    [adapted] = learner.adapt(regression_batch()[0])
    assert adapted.shape == (3, 2)


def test_adapting_once_and_predicting_is_predicting():
    model, (episodes, _) = regression(LEARNERS["cavia"]), regression_batch()
    learner = model.get_layer(LEARNER)
    apart = learner.predict(learner.adapt(episodes), episodes)
    np.testing.assert_allclose(apart, model(episodes)["predictions"][:, -1], rtol=1e-6)


def test_padding_does_not_change_what_is_adapted_to():
    model, (episodes, _) = regression(LEARNERS["maml"]), regression_batch()
    weight = np.array([[1, 1, 0, 0]] * 3, "float32")
    padded = {**episodes, "support_weight": weight}
    spoiled = {**padded, "support_y": np.where(weight[..., None] > 0, episodes["support_y"], 99).astype("float32")}
    np.testing.assert_array_equal(model(padded)["predictions"], model(spoiled)["predictions"])


def test_steps_beyond_the_trained_ones_take_the_last_learned_rate():
    model, (episodes, _) = regression(LEARNERS["step_rates"]), regression_batch()
    learner = model.get_layer(LEARNER)
    [rates] = [variable for variable in learner.trainable_variables if variable.name == "step_rates"]
    rates.assign([[0.1] * 6, [0.0] * 6])
    predictions = model(episodes)["predictions"]
    assert np.abs(predictions[:, 0] - predictions[:, 1]).max() > 1e-3
    np.testing.assert_array_equal(predictions[:, 1], predictions[:, 3])


def test_reptile_moves_the_start_to_the_mean_of_what_tasks_made_of_it():
    options, batch = LEARNERS["reptile"], regression_batch()
    model = regression(options)
    learner = model.get_layer(LEARNER)
    expected = [
        start - tf.reduce_mean(values, axis=0)
        for start, values in zip(learner.start(), learner.adapt(batch[0]), strict=True)
    ]
    for one, other in zip(_gradients(model, options, batch), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_fine_tuning_trains_without_an_inner_loop():
    options, (episodes, targets) = LEARNERS["fine_tuning"], regression_batch()
    model = regression(options)
    before = model(episodes)["predictions"][:, 0]
    expected = np.mean((before - targets["query_y"]) ** 2, axis=(1, 2))
    losses, _ = MetaObjective(loss="mse", options=options)(model, (episodes, targets), training=True)
    np.testing.assert_allclose(losses, expected, rtol=1e-5)


def test_uniform_step_losses_are_the_mean_over_the_steps():
    options, (episodes, targets) = LEARNERS["cavia_film"], regression_batch()
    model = regression(options)
    after = model(episodes)["predictions"][:, 1:]
    expected = np.mean((after - targets["query_y"][:, None]) ** 2, axis=(1, 2, 3))
    losses, _ = MetaObjective(loss="mse", options=options)(model, (episodes, targets), training=True)
    np.testing.assert_allclose(losses, expected, rtol=1e-5)


def test_annealed_step_losses_move_to_the_last_step():
    options = MAMLOptions(kind="maml", steps=2, step_losses="annealed", anneal_steps=2)
    [annealed] = MetaObjective(loss="mse", options=options).layers
    weights = [annealed.next_weights().numpy().tolist() for _ in range(4)]
    assert weights == [[0.5, 0.5], [0.25, 0.75], [0, 1], [0, 1]]


@pytest.mark.parametrize(("statistics", "sees"), [("support", False), ("transductive", True)])
def test_queries_see_each_other_only_in_transductive_normalization(statistics, sees):
    options = MAMLOptions(kind="maml", statistics=statistics)
    model, (episodes, _) = side_by_side(classification(options)), classification_batch()
    others = episodes["query_x"].copy()
    others[:, 1:] += 5
    # One graph of both.
    predict = tf.function(model)
    first = predict(episodes)["predictions"][:, :, 0]
    among_others = predict({**episodes, "query_x": others})["predictions"][:, :, 0]
    assert (np.abs(first - among_others).max() > 1e-3) == sees


def test_a_prototype_is_the_mean_of_a_class_and_a_missing_class_is_never_predicted():
    model, (episodes, _) = (
        classification(PrototypeOptions(kind="prototypes"), normalization="batch", has_head=False),
        classification_batch(),
    )
    learner = model.get_layer(LEARNER)
    network = learner.network

    def embedded(task, index):
        return network({"x": episodes["support_x"][task, index][None]}).numpy()[0]

    query = network({"x": episodes["query_x"][0]}).numpy()
    means = np.stack([(embedded(0, 0) + embedded(0, 2)) / 2, (embedded(0, 1) + embedded(0, 3)) / 2])
    expected = -np.mean((query[:, None] - means[None]) ** 2, axis=-1)
    np.testing.assert_allclose(model(episodes)["predictions"][0, 0], expected, rtol=1e-4, atol=1e-5)
    only_first = {**episodes, "support_y": np.zeros_like(episodes["support_y"])}
    assert (np.argmax(model(only_first)["predictions"], axis=-1) == 0).all()


def test_a_network_without_context_variables_is_refused_for_cavia():
    with pytest.raises(ValueError, match="context"):
        GradientLearner(network=perceptron(inputs=1, outputs=1), options=LEARNERS["cavia"], loss="mse")
