"""The client against a gRPC server with TensorFlow Serving's services (apis/prediction_service.proto)."""

from collections.abc import Iterator
from concurrent import futures
from typing import Any

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from serving.client.answers import VersionStatus
from serving.client.client import ServingClient
from serving.client.errors import ClientError, ServerBusyError
from serving.client.retries import Retries
from serving.tensor_info import ModelInputError


class HalfPlusThree(prediction_service_pb2_grpc.PredictionServiceServicer, model_service_pb2_grpc.ModelServiceServicer):
    """y = x / 2 + 3, and what it was asked; `busy` is how often it answers UNAVAILABLE first."""

    def __init__(self) -> None:
        self.specs: list[Any] = []
        self.busy = 0

    def Predict(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 - gRPC's name
        self.specs.append(request.model_spec)
        if self.busy:
            self.busy -= 1
            context.abort(grpc.StatusCode.UNAVAILABLE, "queue is full")
        x = tf.make_ndarray(request.inputs["x"])
        response = predict_pb2.PredictResponse()
        response.outputs["y"].CopyFrom(tf.make_tensor_proto(x / 2 + 3, tf.float32))
        return response

    def GetModelMetadata(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        if request.model_spec.name != "half":
            context.abort(grpc.StatusCode.NOT_FOUND, "Servable not found for request: Latest(other)")
        assert list(request.metadata_field) == ["signature_def"]
        found = get_model_metadata_pb2.SignatureDefMap()
        for tensors, name in ((found.signature_def["serving_default"].inputs, "x"),
                              (found.signature_def["serving_default"].outputs, "y")):  # fmt: skip
            tensors[name].dtype = tf.float32.as_datatype_enum
            tensors[name].tensor_shape.dim.add(size=-1)
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        response.metadata["signature_def"].Pack(found)
        return response

    def GetModelStatus(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        response = get_model_status_pb2.GetModelStatusResponse()
        response.model_version_status.add(version=123, state="LOADING")
        return response


@pytest.fixture
def served() -> Iterator[tuple[HalfPlusThree, str]]:
    model = HalfPlusThree()
    server = grpc.server(futures.ThreadPoolExecutor(2))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(model, server)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(model, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield model, f"grpc://127.0.0.1:{port}"
    server.stop(None).wait()


def test_predictions_by_the_type_of_the_signature(served):
    model, url = served
    with ServingClient(f"{url}/half/labels/canary") as client:
        outputs = client.predict({"x": np.array([1, 2, 5])})
    assert outputs["y"].tolist() == [3.5, 4.0, 5.5]
    [spec] = model.specs
    assert (spec.name, spec.version_label, spec.signature_name) == ("half", "canary", "serving_default")


def test_a_version_is_asked_by_its_number(served):
    model, url = served
    with ServingClient(f"{url}/half/versions/7") as client:
        client.predict({"x": np.zeros(1)})
    assert model.specs[0].version.value == 7


def test_status(served):
    _, url = served
    with ServingClient(f"{url}/half") as client:
        assert client.status() == [VersionStatus(version=123, state="LOADING", error="")]


def test_a_busy_server_is_asked_again_and_given_up_at_the_deadline(served):
    model, url = served
    quick = Retries(first_delay_secs=0.01, timeout_secs=10)
    with ServingClient(f"{url}/half", retries=quick) as client:
        model.busy = 2
        assert client.predict({"x": np.zeros(1)})["y"] == [3]
        assert len(model.specs) == 3
    with ServingClient(f"{url}/half", retries=Retries(first_delay_secs=0.01, timeout_secs=1)) as client:
        client.signatures()
        model.busy = 10**6
        with pytest.raises(ServerBusyError, match="UNAVAILABLE: queue is full"):
            client.predict({"x": np.zeros(1)})


def test_the_servers_own_error_is_told(served):
    _, url = served
    with ServingClient(f"{url}/other") as client, pytest.raises(ClientError, match="NOT_FOUND: Servable not found"):
        client.signatures()


def test_an_input_of_another_type_is_said_before_it_is_sent(served):
    model, url = served
    with ServingClient(f"{url}/half") as client, pytest.raises(ModelInputError, match="Input x must be of float32"):
        client.predict({"x": np.array([b"text"], object)})
    assert not model.specs
