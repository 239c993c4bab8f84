"""What is computed of test episodes, for models that are saved as a pushed version has them."""

import base64
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from records.model_run import TRAINED_MODEL
from studies.episodes.study import compare_learners
from studies.errors import StudyUsageError
from tasks.loading import TaskSpec

SHOTS, QUERIES, TEST = (2, 3), 4, 30
CURVES = {
    "source": {"kind": "sinusoids", "train": 1, "eval": 1, "test": TEST},
    "shots": SHOTS,
    "queries": QUERIES,
    "widths": [5],
}
IMAGES = {
    "source": {"kind": "digits"},
    "splits": {"train": 0.4, "eval": 0.3, "test": 0.3},
    "ways": [2],
    "shots": [2],
    "queries": 3,
    "episodes": {"eval": 2, "test": 6},
    "height": 4,
    "width": 4,
    "widths": [3],
    "learner": {"kind": "prototypes"},
}


def _task(kind, options):
    return TaskSpec(task=f"tasks.few_shot_{kind.lower()}.FewShot{kind}", options=options).load()


def _version(task, place):
    keras.utils.set_random_seed(0)
    (place / "tflite").mkdir(parents=True)
    (place / "assets.extra").mkdir()
    (place / "tflite" / "metadata.json").write_text(json.dumps(task.serving_metadata()))
    task.model().save(place / TRAINED_MODEL)
    return place


@pytest.fixture(scope="module")
def cavia():
    return _task("Regression", {**CURVES, "learner": {"kind": "cavia", "context": 3, "eval_steps": 2}})


@pytest.fixture(scope="module")
def versions(cavia, tmp_path_factory):
    place = tmp_path_factory.mktemp("registry")
    maml = _task("Regression", {**CURVES, "learner": {"kind": "maml", "rate": 0.01}})
    return {
        "cavia": _version(cavia, place / "curves" / "1"),
        "maml": _version(maml, place / "curves" / "2"),
        "images": _version(_task("Classification", IMAGES), place / "images" / "1"),
    }


@pytest.fixture(scope="module")
def results(cavia, versions):
    found = compare_learners(cavia, versions["cavia"], [versions["maml"], versions["images"]])
    return json.loads(json.dumps(found))


def test_what_takes_other_episodes_is_left_out_or_refused(cavia, versions, results):
    assert [row["name"] for row in results["rows"]] == ["curves 1", "curves 2"]
    assert results["left_out"] == ["images 1"]
    with pytest.raises(StudyUsageError, match=r"must take the episodes of CONFIG\. Received: images 1"):
        compare_learners(cavia, versions["images"], [])


def test_parameters_and_bytes_are_those_that_adapt(results):
    cavia, maml = results["rows"]
    assert (cavia["adapted_parameters"], cavia["task_bytes"]) == (3, 3 * 4)
    # Five units of one input, one of five, and their biases.
    assert (maml["adapted_parameters"], maml["task_bytes"]) == (16, 16 * 4)


def test_errors_are_means_over_episodes_with_their_intervals(cavia, versions, results):
    predict = tf.function(cavia.load_model(str(versions["cavia"] / TRAINED_MODEL)).get_layer("learner"))
    errors = []
    for _, example in cavia.source().examples("test"):
        values = {name: np.asarray(feature.float_list.value) for name, feature in example.features.feature.items()}
        inputs = {name: values[name].reshape(1, -1, 1) for name in ("support_x", "support_y", "query_x")}
        # Without padding: the learner takes any number of points.
        inputs = {name: tf.constant(value, tf.float32) for name, value in inputs.items()}
        inputs["support_weight"] = tf.ones(inputs["support_x"].shape[:2])
        predicted = predict(inputs).numpy()[0, :, :, 0]
        errors.append(np.mean((predicted - values["query_y"]) ** 2, axis=1))
    row = results["rows"][0]
    np.testing.assert_allclose(row["means"], np.mean(errors, axis=0), rtol=1e-4)
    np.testing.assert_allclose(row["half_widths"], 1.96 * np.std(errors, axis=0, ddof=1) / TEST**0.5, rtol=1e-3)


def test_fits_hold_the_true_curve_and_the_support_without_padding(cavia, results):
    amplitudes, phases = cavia.options.source.parameters("test")
    for fit, shot, amplitude, phase in zip(results["fits"], SHOTS * 3, amplitudes[:6], phases[:6], strict=True):
        assert fit["title"] == f"{shot} points, amplitude {amplitude:.2f}, phase {phase:.2f}"
        assert len(fit["support_x"]) == shot
        np.testing.assert_allclose(fit["y"], amplitude * np.sin(np.asarray(fit["x"]) - phase), atol=1e-4)
        assert [after["step"] for after in fit["after"]] == [0, 1, 2]


def test_each_episode_has_a_context_and_its_parameters(cavia, results):
    assert np.shape(results["contexts"]["values"]) == (TEST, 3)
    amplitudes, _ = cavia.options.source.parameters("test")
    np.testing.assert_allclose(results["contexts"]["parameters"]["amplitude"], amplitudes, rtol=1e-6)


def test_images_come_with_the_confusion_of_their_queries(versions):
    task = _task("Classification", IMAGES)
    found = json.loads(json.dumps(compare_learners(task, versions["images"], [])))
    [row] = found["rows"]
    # Two prototypes of 2x2x3 features, which the convolution and its maxima make of 4x4 pixels.
    assert (row["adapted_parameters"], row["task_bytes"]) == (0, 2 * 12 * 4)
    for episode in found["pictures"]:
        assert np.sum(episode["matrix"], axis=1).tolist() == [3, 3]
        assert [len(pictures) for pictures in episode["support"]] == [2, 2]
        for true, queries in enumerate(episode["queries"]):
            assert [query["predicted"] for query in queries].count(0) == episode["matrix"][true][0]
        png = base64.b64decode(episode["support"][0][0].removeprefix("data:image/png;base64,"))
        assert tf.io.decode_png(png).shape == (4, 4, 1)
    assert found["pictures"][1]["title"].startswith("The hardest episode: ")
