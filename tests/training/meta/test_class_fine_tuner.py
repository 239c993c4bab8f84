"""Pre-training on all classes, and fine-tuning with a new head."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.few_shot.networks import convolutions
from tests.training.meta.episodes import QUERIES, SHOT, WAY, classification_batch, one_by_one
from training.meta.build import episodic_model
from training.meta.learner import LEARNER
from training.meta.learners.fine_tuning import FineTuningOptions
from training.meta.objective import MetaObjective

CLASSES = 7


def _model(options: FineTuningOptions) -> keras.Model:
    keras.utils.set_random_seed(1)
    network = convolutions(image_shape=(4, 4, 1), outputs=WAY, widths=(3, 3), normalization="batch")
    sizes = {"shot": SHOT, "queries": QUERIES, "example_shape": (4, 4, 1), "outputs": WAY}
    return one_by_one(episodic_model(network=network, options=options, loss="cross_entropy", **sizes))


def _options(adapts: str) -> FineTuningOptions:
    return FineTuningOptions(kind="fine_tuning", steps=1, rate=0.5, adapts=adapts, classes=CLASSES)


def test_pre_training_tells_all_classes_apart_and_keeps_statistics() -> None:
    options, (episodes, targets) = _options("head"), classification_batch()
    model = _model(options)
    learner = model.get_layer(LEARNER)
    network, head = learner.network, learner.pretraining_head
    flat = np.reshape(episodes["query_x"], (-1, 4, 4, 1))
    classes = np.arange(len(flat), dtype="int32") % CLASSES
    same = keras.models.clone_model(network)
    same.set_weights(network.get_weights())
    features = keras.Model(same.inputs, same.get_layer("features").output)({"x": flat}, training=True)
    probabilities = tf.nn.softmax(features @ head.kernel + head.bias).numpy()
    expected = -np.log(probabilities[np.arange(len(flat)), classes]).reshape(3, QUERIES).mean(axis=1)
    before = [variable.numpy() for variable in network.non_trainable_variables]
    batch = (episodes, {**targets, "query_class": classes.reshape(3, QUERIES)})
    losses, _ = MetaObjective(loss="cross_entropy", options=options)(model, batch, training=True)
    np.testing.assert_allclose(losses, expected, rtol=1e-4)
    changed = [np.abs(a - b).max() for a, b in zip(before, network.non_trainable_variables, strict=True)]
    assert max(changed) > 0


def test_a_new_head_starts_from_zeros_and_takes_the_step_of_softmax_regression() -> None:
    """At zero logits the gradient of the weights is the mean of feature times (1 / way - one-hot)."""
    model, (episodes, _) = _model(_options("head")), classification_batch()
    predictions = model(episodes)["predictions"].numpy()
    assert predictions.shape == (3, 2, QUERIES, WAY)
    np.testing.assert_array_equal(predictions[:, 0], 0)
    network = model.get_layer(LEARNER).network
    body = keras.Model(network.inputs, network.get_layer("features").output)
    for task in range(3):
        support, query = (body({"x": episodes[name][task]}).numpy() for name in ("support_x", "query_x"))
        miss = np.eye(WAY)[episodes["support_y"][task]] - 1 / WAY
        kernel, bias = 0.5 * support.T @ miss / SHOT, 0.5 * miss.mean(axis=0)
        np.testing.assert_allclose(predictions[task, 1], query @ kernel + bias, atol=1e-5)


@pytest.mark.parametrize("adapts", ["head", "all"])
def test_a_saved_model_predicts_as_the_one_that_was_saved(adapts: str, tmp_path: object) -> None:
    model, (episodes, _) = _model(_options(adapts)), classification_batch()
    model.save(f"{tmp_path}/model.keras")
    loaded = keras.saving.load_model(f"{tmp_path}/model.keras")
    np.testing.assert_array_equal(loaded(episodes)["predictions"], model(episodes)["predictions"])
