"""The exported signatures against the Python model, and what they refuse."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from compression.conversion.convert import convert, export_for_conversion
from serving.tflite import TFLiteModel
from tasks.loading import TaskSpec

pytestmark = pytest.mark.usefixtures("conversions_in_this_process")

RNG = np.random.default_rng(0)
SHOT, QUERIES = 4, 3
REGRESSION = {"source": {"kind": "sinusoids"}, "shots": [SHOT], "queries": QUERIES, "widths": [8, 8]}
IMAGES = {"source": {"kind": "digits"}, "ways": [2], "shots": [2], "queries": 1, "height": 4, "width": 4, "widths": [3]}


def _task(kind, learner, options):
    path = f"tasks.few_shot_{kind.lower()}.FewShot{kind}"
    return TaskSpec(task=path, options={**options, "learner": learner}).load()


def _model(task):
    keras.utils.set_random_seed(0)
    return task.model()


def _served(task, model, directory):
    archive = keras.export.ExportArchive()
    archive.track(model)
    for name, (function, specs) in task.endpoints(model).items():
        archive.add_endpoint(name, function, specs)
    archive.write_out(str(directory), verbose=False)
    return tf.saved_model.load(str(directory)).signatures


@pytest.fixture(scope="module")
def cavia():
    task = _task("Regression", {"kind": "cavia", "context": 2}, REGRESSION)
    return task, _model(task)


@pytest.fixture(scope="module")
def cavia_served(cavia, tmp_path_factory):
    return _served(*cavia, tmp_path_factory.mktemp("cavia") / "model")


@pytest.fixture(scope="module")
def points():
    x, y, query = (RNG.normal(size=(2, count, 1)).astype("float32") for count in (SHOT, SHOT, QUERIES))
    return {"support_x": x, "support_y": y, "query_x": query}


def _tensors(arrays):
    return {name: tf.constant(value) for name, value in arrays.items()}


def _expected(model, points):
    return model({**points, "support_weight": np.ones((2, SHOT), "float32")})["predictions"][:, -1]


def test_the_served_graph_adapts_as_the_python_model(cavia, cavia_served, points):
    served = cavia_served["adapt_and_predict"](**_tensors(points))["prediction"]
    np.testing.assert_allclose(served, _expected(cavia[1], points), atol=1e-5)


def test_a_context_that_was_adapted_once_serves_any_query(cavia, cavia_served, points):
    support = _tensors({name: points[name] for name in ("support_x", "support_y")})
    context = cavia_served["adapt"](**support)["context"]
    assert context.shape == (2, 2)
    served = cavia_served["predict_adapted"](context=context, query_x=tf.constant(points["query_x"]))["prediction"]
    np.testing.assert_allclose(served, _expected(cavia[1], points), atol=1e-5)


def test_any_number_of_support_and_query_points_will_do(cavia_served):
    arrays = {"support_x": np.ones((1, 9, 1)), "support_y": np.ones((1, 9, 1)), "query_x": np.ones((1, 20, 1))}
    served = cavia_served["adapt_and_predict"](**_tensors({k: v.astype("float32") for k, v in arrays.items()}))
    assert served["prediction"].shape == (1, 20, 1)


@pytest.mark.parametrize("name", ["support_x", "support_y", "query_x"])
def test_a_number_that_is_none_is_the_client_s_error(cavia_served, points, name):
    spoiled = {**points, name: np.where(np.arange(points[name].shape[1])[:, None] == 1, np.nan, points[name])}
    spoiled = {key: value.astype("float32") for key, value in spoiled.items()}
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"{name} must hold finite numbers"):
        cavia_served["adapt_and_predict"](**_tensors(spoiled))


@pytest.mark.parametrize("name", ["support_x", "support_y", "support_weight", "query_x"])
@pytest.mark.parametrize("none", [np.nan, np.inf])
def test_the_usual_signatures_refuse_a_number_that_is_none_too(cavia, points, name, none):
    inputs = {**points, "support_weight": np.ones((2, SHOT), "float32")}
    inputs[name] = np.where(np.arange(inputs[name].size).reshape(inputs[name].shape) == 1, none, inputs[name])
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"{name} must hold finite numbers"):
        tf.function(cavia[0].checked_inputs)(_tensors({key: value.astype("float32") for key, value in inputs.items()}))


def test_the_usual_signatures_refuse_an_unknown_class_too():
    task = _task("Classification", {"kind": "prototypes"}, IMAGES)
    with pytest.raises(tf.errors.InvalidArgumentError, match="support_y must hold classes from 0 to 1"):
        tf.function(task.checked_inputs)({**_images([0, 1, 2, 0]), "support_weight": tf.ones([1, 4])})


def test_inputs_that_are_right_are_let_through(cavia, points):
    inputs = _tensors({**points, "support_weight": np.ones((2, SHOT), "float32")})
    checked = tf.function(cavia[0].checked_inputs)(inputs)
    assert checked.keys() == inputs.keys()
    for name, value in checked.items():
        np.testing.assert_array_equal(value, inputs[name])


@pytest.mark.parametrize("learner", [{"kind": "maml", "steps": 2}, {"kind": "cavia", "context": 2}])
def test_the_inner_loop_runs_in_a_tflite_file_of_built_in_operations(learner, points, tmp_path):
    task = _task("Regression", learner, REGRESSION)
    model = _model(task)
    export_for_conversion(model, tmp_path / "model")
    convert(tmp_path / "model", {"float32": tmp_path / "float32.tflite"})
    inputs = {**points, "support_weight": np.ones((2, SHOT), "float32")}
    file = TFLiteModel(tmp_path / "float32.tflite")
    np.testing.assert_allclose(file.predict(inputs)["predictions"], model(inputs)["predictions"], atol=1e-5)


@pytest.fixture(scope="module")
def prototypes_served(tmp_path_factory):
    task = _task("Classification", {"kind": "prototypes"}, IMAGES)
    return _served(task, _model(task), tmp_path_factory.mktemp("prototypes") / "model")


def _images(labels):
    arrays = {"support_x": RNG.normal(size=(1, 4, 4, 4, 1)), "query_x": RNG.normal(size=(1, 1, 4, 4, 1))}
    found = _tensors({name: value.astype("float32") for name, value in arrays.items()})
    return {**found, "support_y": tf.constant([labels], tf.int32)}


def test_classes_get_probabilities(prototypes_served):
    probabilities = prototypes_served["adapt_and_predict"](**_images([0, 0, 1, 1]))["probabilities"]
    np.testing.assert_allclose(np.sum(probabilities, axis=-1), 1, rtol=1e-6)


@pytest.mark.parametrize("labels", [[1, 1, 1, 1], [0, 1, 2, 0], [0, 1, -1, 0]])
def test_a_support_set_with_a_missing_or_an_unknown_class_is_the_client_s_error(prototypes_served, labels):
    with pytest.raises(tf.errors.InvalidArgumentError, match="support_y must hold"):
        prototypes_served["adapt_and_predict"](**_images(labels))
