"""Changes of examples before the learner sees them."""

import numpy as np
import pytest

from tests.training.meta.episodes import classification, classification_batch
from training.meta.objective import MetaObjective
from training.meta.options import MAMLOptions, PrototypeOptions, ReptileOptions

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
