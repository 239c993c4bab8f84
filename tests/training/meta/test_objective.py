"""Changes of examples before the learner sees them, and what evaluation computes."""

import numpy as np
import pytest

from tests.training.meta.episodes import classification, classification_batch
from training.meta.learner import LEARNER
from training.meta.learners.maml import MAMLOptions
from training.meta.learners.prototypes import PrototypeOptions
from training.meta.learners.reptile import ReptileOptions
from training.meta.objective import MetaObjective

LEARNERS = {
    "maml": (MAMLOptions(kind="maml"), {}),
    "reptile": (ReptileOptions(kind="reptile", steps=1), {}),
    "prototypes": (PrototypeOptions(kind="prototypes"), {"normalization": "batch", "has_head": False}),
}


def _upside_down(x):
    return x[:, ::-1]


@pytest.mark.parametrize("name", LEARNERS)
def test_examples_of_support_and_queries_are_changed_in_training_alone(name):
    options, network = LEARNERS[name]
    model, (episodes, targets) = classification(options, **network), classification_batch()
    turned = {key: value[:, :, ::-1] if key.endswith("_x") else value for key, value in episodes.items()}
    plain = MetaObjective(loss="cross_entropy", options=options)
    augmenting = MetaObjective(loss="cross_entropy", options=options, augment=_upside_down)

    def losses(objective, episodes, *, training):
        return objective(model, (episodes, targets), training=training)[1]["query_cross_entropy"].numpy()

    # Running statistics move with each call in training, but are not used in it.
    found = losses(augmenting, episodes, training=True)
    np.testing.assert_allclose(found, losses(plain, turned, training=True), rtol=1e-5)
    assert np.abs(found - losses(plain, episodes, training=True)).max() > 1e-4
    np.testing.assert_array_equal(losses(augmenting, episodes, training=False), losses(plain, episodes, training=False))


@pytest.mark.parametrize("name", ["maml", "reptile"])
def test_evaluation_predicts_the_queries_after_the_last_step_alone(name, monkeypatch):
    options, network = LEARNERS[name]
    model, batch = classification(options, **network), classification_batch()
    learner = model.get_layer(LEARNER)
    every_step, asked = learner.predictions, []
    monkeypatch.setattr(
        learner,
        "predictions",
        lambda episodes, *, steps: asked.append(list(steps)) or every_step(episodes, steps=steps),
    )
    losses, _ = MetaObjective(loss="cross_entropy", options=options)(model, batch, training=False)
    assert asked == [[options.steps]]
    episodes, targets = batch
    logits = every_step(episodes, steps=range(options.steps + 1)).numpy()[:, -1]
    chosen = np.take_along_axis(logits, np.maximum(targets["query_y"], 0)[..., None], axis=-1)[..., 0]
    by_hand = np.log(np.exp(logits).sum(axis=-1)) - chosen
    weight = targets["query_weight"]
    np.testing.assert_allclose(losses, (by_hand * weight).sum(axis=1) / weight.sum(axis=1), rtol=1e-5)
