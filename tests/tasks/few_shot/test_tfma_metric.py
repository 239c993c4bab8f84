"""TFMA's own way through the metrics of episodes, against NumPy."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from components.evaluator.eval_config import eval_config
from components.evaluator.options import Measuring
from tasks.few_shot.tfma_metric import accuracy
from tasks.loading import TaskSpec

EPISODES, QUERIES, STEPS = 7, 3, 2
RNG = np.random.default_rng(0)
LABELS = RNG.normal(size=(EPISODES, QUERIES)).astype("float32")
PREDICTIONS = RNG.normal(size=(EPISODES, STEPS + 1, QUERIES, 1)).astype("float32")
# Of each episode after each step.
ERRORS = np.mean((PREDICTIONS[..., 0] - LABELS[:, None]) ** 2, axis=-1)


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory) -> dict:
    """{slice: {metric: value}} of examples that hold what a model predicted, as EdgeEvaluator writes them."""
    options = {
        "source": {"kind": "sinusoids"},
        "queries": QUERIES,
        "learner": {"kind": "maml", "steps": 1, "eval_steps": STEPS},
    }
    task = TaskSpec(task="tasks.few_shot.regression.FewShotRegression", options=options).load()
    place = tmp_path_factory.mktemp("evaluated")
    with tf.io.TFRecordWriter(str(place / "examples")) as writer:
        for index in range(EPISODES):
            example = tf.train.Example()
            example.features.feature["query_y"].float_list.value.extend(LABELS[index].tolist())
            example.features.feature["predictions"].float_list.value.extend(PREDICTIONS[index].ravel().tolist())
            example.features.feature["shot"].int64_list.value.append(5 + 5 * (index % 2))
            writer.write(example.SerializeToString())
    spec = config_pb2.ModelSpec(prediction_key=task.prediction_key, label_key=task.label_key)
    config = eval_config(task, gates={}, measuring=Measuring(slices=["shot"]), model_specs=[spec])
    result = tfma.run_model_analysis(
        eval_config=config, data_location=str(place / "examples"), output_path=str(place / "out")
    )
    return {
        slice_key: {name: value["doubleValue"] for name, value in metrics.items() if "doubleValue" in value}
        for slice_key, metrics in ((key, value[""][""]) for key, value in result.slicing_metrics)
    }


@pytest.mark.parametrize("step", range(STEPS + 1))
def test_the_error_after_a_step_is_the_mean_over_episodes(evaluated, step):
    assert evaluated[()][f"mse_step_{step}"] == pytest.approx(ERRORS[:, step].mean(), rel=1e-5)


def test_the_interval_is_that_of_the_mean_of_a_normal_distribution(evaluated):
    expected = 1.959964 * ERRORS[:, 1].std(ddof=1) / np.sqrt(EPISODES)
    assert evaluated[()]["mse_ci95"] == pytest.approx(expected, rel=1e-5)


def test_the_main_metric_is_that_after_the_trained_steps(evaluated):
    assert evaluated[()]["mse"] == evaluated[()]["mse_step_1"]


def test_slices_are_of_their_episodes_alone(evaluated):
    assert evaluated[(("shot", 10),)]["mse"] == pytest.approx(ERRORS[1::2, 1].mean(), rel=1e-5)


def test_accuracy_is_the_share_of_queries_whose_highest_logit_is_their_label_s():
    logits = np.array([[3.0, 1.0], [0.0, 2.0], [5.0, 4.0], [1.0, 0.0]])
    assert accuracy(np.array([0, 1, 1, 0]), logits) == 0.75
