"""TensorFlow Serving's gRPC, by the stubs of tensorflow-serving-api."""

import grpc
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from tests.serving.server.halves import CLASSIFY, REGRESS, predict_request, refusal


@pytest.fixture(scope="module")
def channel(server):
    with grpc.insecure_channel(f"127.0.0.1:{server.ports.grpc}") as opened:
        yield opened


@pytest.fixture(scope="module")
def prediction(channel):
    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


@pytest.fixture(scope="module")
def models(channel):
    return model_service_pb2_grpc.ModelServiceStub(channel)


def fill_examples(request: object, signature: str, *values: float) -> object:
    request.model_spec.name = "half"
    request.model_spec.signature_name = signature
    for value in values:
        example = request.input.example_list.examples.add()
        example.features.feature["x"].float_list.value.append(value)
    return request


def test_predict(prediction):
    """half_plus_three of api_rest.md; the answer's spec is predict_util.cc's, its fields are those of AsProtoField."""
    response = prediction.Predict(predict_request([1.0, 2.0, 5.0]), timeout=30)
    assert response.model_spec.name == "half"
    assert response.model_spec.version.value == 1
    assert response.model_spec.signature_name == "serving_default"
    assert list(response.outputs["y"].float_val) == [3.5, 4.0, 5.5]
    np.testing.assert_array_equal(tf.make_ndarray(response.outputs["y"]), np.array([3.5, 4, 5.5], np.float32))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [({"version": 2}, 2.5), ({"version_label": "canary"}, 2.5), ({"version_label": "production"}, 3.5)],
)
def test_versions_and_labels(prediction, spec, expected):
    response = prediction.Predict(predict_request([1.0], **spec), timeout=30)
    assert list(response.outputs["y"].float_val) == [expected]


def test_types_of_all_kinds(prediction):
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "half", "both"
    request.inputs["number"].CopyFrom(tf.make_tensor_proto([[1, 2]], tf.int64))
    request.inputs["text"].CopyFrom(tf.make_tensor_proto([b"\xff"]))
    response = prediction.Predict(request, timeout=30)
    assert list(response.outputs["number"].int64_val) == [2, 3]
    assert [axis.size for axis in response.outputs["number"].tensor_shape.dim] == [1, 2]
    assert list(response.outputs["text"].string_val) == [b"\xff"]
    request.output_filter.append("text")
    assert list(prediction.Predict(request, timeout=30).outputs) == ["text"]


def test_classify(prediction):
    request = fill_examples(classification_pb2.ClassificationRequest(), CLASSIFY, 1.0)
    [found] = prediction.Classify(request, timeout=30).result.classifications
    assert [(each.label, each.score) for each in found.classes] == [("up", 3.5), ("down", -3.5)]


def test_regress(prediction):
    request = fill_examples(regression_pb2.RegressionRequest(), REGRESS, 1.0, 2.0)
    assert [each.value for each in prediction.Regress(request, timeout=30).result.regressions] == [3.5, 4.0]


def test_a_context_that_all_examples_share(prediction):
    request = regression_pb2.RegressionRequest()
    request.model_spec.name, request.model_spec.signature_name = "half", REGRESS
    request.input.example_list_with_context.context.features.feature["x"].float_list.value.append(2.0)
    request.input.example_list_with_context.examples.add()
    assert [each.value for each in prediction.Regress(request, timeout=30).result.regressions] == [4.0]


def multi_inference(*tasks: tuple[str, str]) -> inference_pb2.MultiInferenceRequest:
    request = inference_pb2.MultiInferenceRequest()
    for signature, method in tasks:
        task = request.tasks.add(method_name=method)
        task.model_spec.name, task.model_spec.signature_name = "half", signature
    request.input.example_list.examples.add().features.feature["x"].float_list.value.append(1.0)
    return request


def test_multi_inference(prediction):
    first, second = prediction.MultiInference(
        multi_inference((REGRESS, REGRESS), (CLASSIFY, CLASSIFY)), timeout=30
    ).results
    assert [each.value for each in first.regression_result.regressions] == [3.5]
    assert [each.label for each in second.classification_result.classifications[0].classes] == ["up", "down"]
    assert second.model_spec.signature_name == CLASSIFY


def test_metadata(prediction):
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "half"
    response = prediction.GetModelMetadata(request, timeout=30)
    signatures = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(signatures)
    assert {"serving_default", REGRESS, CLASSIFY, "both"} <= set(signatures.signature_def)


def test_refusals_of_predict(prediction):
    """Codes and words of predict_util.cc, basic_manager.cc and server_core.cc."""
    code = grpc.StatusCode
    assert refusal(prediction.Predict, predict_pb2.PredictRequest()) == (
        code.INVALID_ARGUMENT,
        "ModelSpec has no name specified.",
    )
    assert refusal(prediction.Predict, predict_request([1.0], name="other")) == (
        code.NOT_FOUND,
        "Servable not found for request: Latest(other)",
    )
    assert refusal(prediction.Predict, predict_request([1.0], signature_name="none")) == (
        code.FAILED_PRECONDITION,
        'Serving signature key "none" not found.',
    )
    assert refusal(prediction.Predict, predict_request([1.0], version_label="none")) == (
        code.INVALID_ARGUMENT,
        "Unrecognized servable version label: none",
    )
    extra = predict_request([1.0])
    extra.inputs["y"].CopyFrom(tf.make_tensor_proto([1.0]))
    assert refusal(prediction.Predict, extra) == (
        code.INVALID_ARGUMENT,
        "input size does not match signature: 2!=1 len({x,y}) != len({x}). Sent extra: {y}. Missing but required: {}.",
    )
    filtered = predict_request([1.0])
    filtered.output_filter.append("z")
    assert refusal(prediction.Predict, filtered)[1].startswith("output tensor alias not found in signature: z ")
    filtered.output_filter[:] = ["y", "y"]
    assert refusal(prediction.Predict, filtered) == (code.INVALID_ARGUMENT, "duplicate output tensor alias: y")


@pytest.mark.parametrize(
    "text",
    [
        "dtype: DT_FLOAT tensor_shape { dim { size: 1000000000 } } float_val: 1",
        "dtype: DT_FLOAT tensor_shape { dim { size: 9223372036854775807 } dim { size: 9223372036854775807 } }",
        "dtype: DT_FLOAT tensor_shape { dim { size: -1 } } float_val: 1",
        "dtype: DT_FLOAT tensor_shape { unknown_rank: true } float_val: 1",
        "dtype: DT_FLOAT tensor_shape { dim { size: 2 } } tensor_content: 'abc'",
        "dtype: DT_VARIANT tensor_shape { dim { size: 1 } }",
        "dtype: DT_INVALID",
        "dtype: DT_STRING tensor_shape { dim { size: 1 } } string_val: 'a'",
        "dtype: DT_DOUBLE tensor_shape { dim { size: 1 } } double_val: 1",
    ],
)
def test_hostile_tensors(prediction, text):
    request = predict_request([1.0])
    request.inputs["x"].CopyFrom(text_format.Parse(text, tf.make_tensor_proto(0).__class__()))
    assert refusal(prediction.Predict, request)[0] is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("method", ["PredictionService/Predict", "ModelService/GetModelStatus"])
def test_a_message_that_is_none(channel, method, caplog):
    call = channel.unary_unary(f"/tensorflow.serving.{method}")
    assert refusal(call, b"\xff\xff") == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "the request must be a message of the method's type",
    )
    assert caplog.text == ""
    assert refusal(channel.unary_unary("/tensorflow.serving.PredictionService/None"), b"")[0].name == "UNIMPLEMENTED"


def test_refusals_of_examples(prediction):
    """util.cc, multi_inference.cc."""
    empty = fill_examples(regression_pb2.RegressionRequest(), REGRESS)
    assert refusal(prediction.Regress, empty) == (grpc.StatusCode.INVALID_ARGUMENT, "Input is empty.")
    twice = multi_inference((REGRESS, REGRESS), (REGRESS, REGRESS))
    assert refusal(prediction.MultiInference, twice)[1] == f"Duplicate evaluation of signature: {REGRESS}"
    unknown = multi_inference((REGRESS, "predict"))
    assert refusal(prediction.MultiInference, unknown) == (
        grpc.StatusCode.UNIMPLEMENTED,
        "Unsupported signature method_name: predict",
    )


def test_status(models):
    request = get_model_status_pb2.GetModelStatusRequest()
    assert refusal(models.GetModelStatus, request) == (grpc.StatusCode.INVALID_ARGUMENT, "Missing ModelSpec")
    request.model_spec.name = "half"
    states = models.GetModelStatus(request, timeout=30).model_version_status
    assert [(each.version, each.state) for each in states] == [(2, 30), (1, 30)]  # AVAILABLE


def test_health_and_reflection(channel):
    health = health_pb2_grpc.HealthStub(channel)
    name = "tensorflow.serving.PredictionService"
    assert health.Check(health_pb2.HealthCheckRequest(service=name), timeout=30).status == 1  # SERVING
    reflection = reflection_pb2_grpc.ServerReflectionStub(channel)
    listing, found = reflection.ServerReflectionInfo(
        iter(
            [
                reflection_pb2.ServerReflectionRequest(list_services=""),
                reflection_pb2.ServerReflectionRequest(file_containing_symbol=name),
            ]
        ),
        timeout=30,
    )
    assert name in {service.name for service in listing.list_services_response.service}
    assert found.file_descriptor_response.file_descriptor_proto
