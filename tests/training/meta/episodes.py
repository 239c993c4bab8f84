"""Small episodes and learners for the tests of meta-learning.

Models compute their tasks one after the other, eagerly, which takes no graph of seconds to trace; `side_by_side` makes
them compute as they do outside of tests. That both come to the same is tested in `test_gradient_learner.py`.
"""

from typing import Any

import keras
import numpy as np

from models.few_shot.networks import convolutions, perceptron
from training.meta.build import episodic_model
from training.meta.gradient_learner import GradientLearner
from training.meta.learner import LEARNER

SHOT, QUERIES, WAY = 4, 3, 2


def regression(options: Any, *, widths: tuple[int, ...] = (5, 4)) -> keras.Model:
    """A tiny perceptron with a learner around it."""
    keras.utils.set_random_seed(1)
    context, conditioning = getattr(options, "context", 0), getattr(options, "conditioning", "concatenation")
    network = perceptron(inputs=1, outputs=1, widths=widths, context=context, conditioning=conditioning)
    sizes = {"shot": SHOT, "queries": QUERIES, "example_shape": (1,), "outputs": 1}
    return one_by_one(episodic_model(network=network, options=options, loss="mse", **sizes))


def classification(options: Any, *, normalization: str = "episode", has_head: bool = True) -> keras.Model:
    """A tiny convolutional network of 4×4 images, two classes."""
    keras.utils.set_random_seed(1)
    network = convolutions(
        image_shape=(4, 4, 1),
        outputs=WAY,
        widths=(3, 3),
        normalization=normalization,
        has_head=has_head,
        context=getattr(options, "context", 0),
    )
    sizes = {"shot": SHOT, "queries": QUERIES, "example_shape": (4, 4, 1), "outputs": WAY}
    return one_by_one(episodic_model(network=network, options=options, loss="cross_entropy", **sizes))


def side_by_side(model: keras.Model) -> keras.Model:
    """The same model, which from now on computes all tasks at once."""
    model.get_layer(LEARNER).is_vectorized = True
    return model


def one_by_one(model: keras.Model) -> keras.Model:
    """The same model, which from now on computes one task after the other."""
    learner = model.get_layer(LEARNER)
    if isinstance(learner, GradientLearner):
        learner.is_vectorized = False
    return model


def regression_batch(tasks: int = 3, dtype: str = "float32") -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Episodes and targets of `tasks` sinusoids."""
    random = np.random.default_rng(0)
    x = random.uniform(-2, 2, (tasks, SHOT + QUERIES, 1)).astype(dtype)
    y = (random.uniform(1, 2, (tasks, 1, 1)) * np.sin(x + random.uniform(0, 3, (tasks, 1, 1)))).astype(dtype)
    episodes = {"support_x": x[:, :SHOT], "support_y": y[:, :SHOT], "query_x": x[:, SHOT:]}
    episodes["support_weight"] = np.ones((tasks, SHOT), dtype)
    return episodes, {"query_y": y[:, SHOT:], "query_weight": np.ones((tasks, QUERIES), dtype)}


def classification_batch(tasks: int = 3) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Episodes and targets of noise in two classes."""
    random = np.random.default_rng(0)
    images = random.normal(size=(tasks, SHOT + QUERIES, 4, 4, 1)).astype("float32")
    episodes = {
        "support_x": images[:, :SHOT],
        "support_y": np.tile(np.arange(SHOT, dtype="int32") % WAY, (tasks, 1)),
        "support_weight": np.ones((tasks, SHOT), "float32"),
        "query_x": images[:, SHOT:],
    }
    labels = np.tile(np.arange(QUERIES, dtype="int32") % WAY, (tasks, 1))
    return episodes, {"query_y": labels, "query_weight": np.ones((tasks, QUERIES), "float32")}
