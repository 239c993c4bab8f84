"""What every learner of numbers has to do, through a task: the shipped ones and two of a user's.

A learner is options, a layer if none of ours will do, and one member of a union.
"""

from typing import Annotated, Any, ClassVar, Literal, get_args

import keras
import numpy as np
import pytest
import tensorflow as tf
from pydantic import Field

from models.few_shot.names import HEAD, X
from tasks.few_shot.base import FewShot
from tasks.few_shot.regression import FewShotRegression, FewShotRegressionOptions
from training.meta.learner import LEARNER, Learner
from training.meta.learner_options import LearnerOptions
from training.meta.learners.gradient import DifferentiatedOptions
from training.meta.options import RegressionLearner
from training.meta.per_example import per_example

SHOT, QUERIES = 4, 3
OWN = ("nearest", "body")
SHIPPED = [get_args(options.model_fields["kind"].annotation)[0] for options in get_args(get_args(RegressionLearner)[0])]
# Fewer inner steps than by default, which take seconds.
SMALL = {"reptile": {"steps": 1}}


class NearestOptions(LearnerOptions):
    """A query's prediction is the mean of the support's answers, weighted by how near each example is."""

    kind: Literal["nearest"]
    sharpness: float = 2.0

    has_running_statistics: ClassVar[bool] = True

    def build_layer(self, *, network: keras.Model, loss: str, outputs: int) -> Learner:
        return NearestLearner(network=network, sharpness=self.sharpness)


@keras.saving.register_keras_serializable(package="tests")
class NearestLearner(Learner):
    """The layer of NearestOptions."""

    def __init__(self, *, sharpness: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sharpness = sharpness

    def call(self, inputs: Any, training: bool = False) -> tf.Tensor:
        return self.predict(self.adapt(inputs), inputs)[:, None]

    def predictions(self, episodes: Any, *, steps: Any, training: bool = False) -> tf.Tensor:
        return self(episodes, training=training)

    def adapt(self, support: Any) -> list[tf.Tensor]:
        return [self._embed(support["support_x"]), support["support_y"], support["support_weight"]]

    def predict(self, adapted: Any, episodes: Any) -> tf.Tensor:
        embedded, labels, weight = adapted
        away = tf.square(self._embed(episodes["query_x"])[:, :, None] - embedded[:, None])
        near = tf.nn.softmax(tf.math.log(weight)[:, None] - self.sharpness * tf.reduce_sum(away, axis=-1))
        return tf.matmul(near, labels)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "sharpness": self.sharpness}

    def _embed(self, examples: tf.Tensor) -> tf.Tensor:
        return per_example(lambda x: self.network({X: x}), examples)


class BodyOptions(DifferentiatedOptions):
    """All but the head's weights adapt (BOIL: Oh et al., ICLR 2021): a learner without a layer of its own."""

    kind: Literal["body"]

    def adapts_layer(self, name: str) -> bool:
        return name != HEAD


class OwnRegressionOptions(FewShotRegressionOptions):
    # The one line.
    learner: Annotated[RegressionLearner | NearestOptions | BodyOptions, Field(discriminator="kind")]


class OwnRegression(FewShotRegression):
    Options = OwnRegressionOptions
    options: OwnRegressionOptions


def _task(kind: str) -> FewShot:
    values = {"source": {"kind": "sinusoids"}, "shots": [SHOT], "queries": QUERIES, "widths": [5]}
    return OwnRegression(
        OwnRegressionOptions.model_validate({**values, "learner": {"kind": kind, **SMALL.get(kind, {})}})
    )


@pytest.fixture(scope="module", params=[*OWN, *SHIPPED])
def task(request: pytest.FixtureRequest) -> FewShot:
    return _task(request.param)


@pytest.fixture
def model(task: FewShot) -> keras.Model:
    keras.utils.set_random_seed(0)
    return task.model()


@pytest.fixture(scope="module")
def batch() -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
    x = np.random.default_rng(0).uniform(-2, 2, (2, SHOT + QUERIES, 1)).astype("float32")
    y = np.sin(x)
    episodes = {"support_x": x[:, :SHOT], "support_y": y[:, :SHOT], "query_x": x[:, SHOT:]}
    episodes["support_weight"] = np.ones((2, SHOT), "float32")
    targets = {"query_y": y[:, SHOT:], "query_weight": np.ones((2, QUERIES), "float32")}
    return tuple({name: tf.constant(value) for name, value in part.items()} for part in (episodes, targets))


def test_a_step_of_training_lowers_the_loss(task, model, batch):
    objective = task.objective()

    def loss() -> tf.Tensor:
        return tf.reduce_mean(objective(model, batch, training=True)[0])

    with tf.GradientTape() as tape:
        before = loss()
    variables = model.trainable_variables
    gradients = tape.gradient(before, variables)
    keras.optimizers.SGD(0.01).apply(gradients, variables)
    assert loss() < before
    assert objective(model, batch, training=False)[1].keys() == {"query_mse"}


def test_queries_are_predicted_after_each_inner_step(task, model, batch):
    predictions = model(batch[0])["predictions"]
    assert predictions.shape == (2, task.learner.last_step + 1, QUERIES, 1)
    assert task.predictions({"predictions": predictions})["prediction"].shape == (2, QUERIES, 1)
    assert [metric.name for metric in task.metrics()][:2] == ["mse", "mse_ci95"]


def test_a_client_s_examples_are_adapted_to_as_in_python(task, model, batch):
    given = {name: value for name, value in batch[0].items() if name != "support_weight"}
    function, specs = task.endpoints(model)["adapt_and_predict"]
    served = tf.function(function, input_signature=specs)
    expected = task.predictions(model(batch[0]))["prediction"]
    np.testing.assert_allclose(served(*(given[spec.name] for spec in specs))["prediction"], expected, atol=1e-6)


def test_a_loaded_model_predicts_as_the_one_that_was_saved(task, model, batch, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = task.load_model(str(tmp_path / "model.keras"))
    np.testing.assert_array_equal(loaded(batch[0])["predictions"], model(batch[0])["predictions"])
    assert type(loaded.get_layer(LEARNER)) is type(model.get_layer(LEARNER))


def test_a_learner_without_a_layer_of_its_own_says_what_adapts():
    learner = _task("body").model().get_layer(LEARNER)
    assert [value.shape for value in learner.start()] == [(1, 5), (5,)]
    assert learner.adapted_parameters == 10
