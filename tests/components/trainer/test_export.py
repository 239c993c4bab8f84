"""The signatures of Points, whose model answers (-x, x) of a point (x, y) in metres."""

import numpy as np
import pytest
import tensorflow as tf

from components.trainer.export import export, input_specs
from serving.saved_model import SavedModel
from tests.components.points import Points, points_model

# softmax(-1, 1)
RIGHT_OF_ONE = 1 / (1 + np.exp(-2.0))


@pytest.fixture(scope="module")
def exported(points) -> SavedModel:
    return SavedModel(f"{points.model.uri}/Format-Serving")


def _serialized(**features) -> np.ndarray:
    example = tf.train.Example()
    for name, values in features.items():
        example.features.feature[name].float_list.value.extend(values)
    return np.array([example.SerializeToString()], object)


def test_predict_takes_what_the_model_takes_by_name(exported):
    answer = exported.predict({"point": np.array([[1.0, 5.0], [-1.0, 5.0]], np.float32)})["probabilities"]
    np.testing.assert_allclose(answer[:, 1], [RIGHT_OF_ONE, 1 - RIGHT_OF_ONE], rtol=1e-5)


def test_serving_default_takes_raw_examples_without_what_only_evaluation_reads(exported):
    answer = exported.with_signature("serving_default").predict({"examples": _serialized(point=[100.0, 500.0])})
    np.testing.assert_allclose(answer["probabilities"][0, 1], RIGHT_OF_ONE, rtol=1e-5)


def test_model_inputs_are_made_of_what_a_client_sends(exported):
    inputs = exported.with_signature("model_inputs").predict({"examples": _serialized(point=[100.0, 500.0])})
    assert set(inputs) == {"point"}
    np.testing.assert_allclose(inputs["point"], [[1.0, 5.0]])


def test_transform_features_gives_the_label_too(exported, points):
    example = next(points.task.examples("test"))[1]
    features = exported.with_signature("transform_features").predict(
        {"examples": np.array([example.SerializeToString()], object)}
    )
    np.testing.assert_allclose(features["point"], [[-3.0, -2.0]])
    assert features["label"].tolist() == [0]


@pytest.mark.parametrize("signature", ["serving_default", "predict"])
def test_nan_is_refused_as_the_client_s_mistake(signature, exported):
    inputs = {"predict": {"point": np.array([[np.nan, 0.0]], np.float32)}}
    inputs["serving_default"] = {"examples": _serialized(point=[np.nan, 0.0])}
    with pytest.raises(tf.errors.InvalidArgumentError, match="point must hold finite numbers"):
        exported.with_signature(signature).predict(inputs[signature])


def test_a_task_s_own_signatures_are_there_too(points, tmp_path):
    class Mirrored(Points):
        def endpoints(self, model):
            specs = [tf.TensorSpec([None, 2], tf.float32, name="point")]
            return {"mirrored": (lambda point: {"logits": model({"point": -point})["logits"]}, specs)}

    export(Mirrored(points.task.options), points_model(), points.transform_output, str(tmp_path))
    answer = SavedModel(tmp_path, signature="mirrored").predict({"point": np.array([[1.0, 0.0]], np.float32)})
    np.testing.assert_allclose(answer["logits"], [[1.0, -1.0]])


def test_input_specs_leave_the_batch_open():
    assert input_specs(points_model()) == {"point": tf.TensorSpec([None, 2], tf.float32, name="point")}
