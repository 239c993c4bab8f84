"""The Open Inference Protocol over gRPC, by tritonclient's stubs."""

import struct

import grpc
import numpy as np
import pytest

from serving.server.options import ServerOptions
from tests.serving.server.halves import running

pytest.importorskip("tritonclient.grpc", reason="needs the extra kserve")
from tritonclient.grpc import service_pb2, service_pb2_grpc


@pytest.fixture(scope="module")
def stub(server):
    with grpc.insecure_channel(f"127.0.0.1:{server.ports.grpc}") as channel:
        yield service_pb2_grpc.GRPCInferenceServiceStub(channel)


def halves(*values: float, raw: bool = False, version: str = "") -> service_pb2.ModelInferRequest:
    request = service_pb2.ModelInferRequest(model_name="half", model_version=version, id="42")
    tensor = request.inputs.add(name="x", datatype="FP32", shape=[len(values)])
    if raw:
        request.raw_input_contents.append(np.array(values, "<f4").tobytes())
    else:
        tensor.contents.fp32_contents.extend(values)
    return request


def test_server_and_model(stub):
    assert stub.ServerLive(service_pb2.ServerLiveRequest(), timeout=30).live
    assert stub.ServerReady(service_pb2.ServerReadyRequest(), timeout=30).ready
    assert stub.ServerMetadata(service_pb2.ServerMetadataRequest(), timeout=30).name == "slipway"
    ready = {
        version: stub.ModelReady(service_pb2.ModelReadyRequest(name="half", version=version), timeout=30).ready
        for version in ("", "1", "3")
    }
    assert ready == {"": True, "1": True, "3": False}
    metadata = stub.ModelMetadata(service_pb2.ModelMetadataRequest(name="half"), timeout=30)
    assert list(metadata.versions) == ["1", "2"]
    [x] = metadata.inputs
    assert (x.name, x.datatype, list(x.shape)) == ("x", "FP32", [-1])


def test_contents(stub):
    response = stub.ModelInfer(halves(1.0, 2.0, 5.0), timeout=30)
    assert (response.model_name, response.model_version, response.id) == ("half", "1", "42")
    [y] = response.outputs
    assert (y.name, y.datatype, list(y.shape), list(y.contents.fp32_contents)) == ("y", "FP32", [3], [3.5, 4.0, 5.5])
    assert list(stub.ModelInfer(halves(1.0, version="2"), timeout=30).outputs[0].contents.fp32_contents) == [2.5]


def test_raw_contents(stub):
    response = stub.ModelInfer(halves(1.0, 2.0, raw=True), timeout=30)
    assert list(response.raw_output_contents) == [struct.pack("<ff", 3.5, 4.0)]


def test_strings_and_a_signature(stub):
    request = service_pb2.ModelInferRequest(model_name="half")
    request.parameters["signature_name"].string_param = "both"
    request.inputs.add(name="number", datatype="INT64", shape=[1, 2]).contents.int64_contents.extend([1, 2])
    request.inputs.add(name="text", datatype="BYTES", shape=[1]).contents.bytes_contents.append(b"\xff")
    request.outputs.add(name="text")
    request.outputs.add(name="number")
    text, number = stub.ModelInfer(request, timeout=30).outputs
    assert list(text.contents.bytes_contents) == [b"\xff"]
    assert list(number.contents.int64_contents) == [2, 3]


def spoiled(**fields: object) -> service_pb2.ModelInferRequest:
    request = halves(1.0)
    for name, value in fields.items():
        if name in ("datatype", "shape"):
            request.inputs[0].ClearField(name)
            request.inputs[0].MergeFrom(service_pb2.ModelInferRequest.InferInputTensor(**{name: value}))
        elif name == "raw":
            request.raw_input_contents.extend(value)
        else:
            setattr(request, name, value)
    return request


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({"model_name": "other"}, "NOT_FOUND", "Servable not found for request: Latest(other)"),
        ({"model_version": "x"}, "INVALID_ARGUMENT", "a version must be a number"),
        ({"datatype": "FLOAT"}, "INVALID_ARGUMENT", "datatype of x must be one of BOOL"),
        ({"datatype": "FP16"}, "INVALID_ARGUMENT", "x must be sent in raw_input_contents"),
        ({"shape": [2]}, "INVALID_ARGUMENT", "must have the values of its shape"),
        ({"shape": [-1]}, "INVALID_ARGUMENT", "shape of x must be a list of sizes"),
        ({"raw": [b"abc"]}, "INVALID_ARGUMENT", "x must have 4 bytes a value"),
        ({"raw": [b"", b""]}, "INVALID_ARGUMENT", "raw_input_contents must have each of 1 inputs"),
    ],
)
def test_errors(stub, fields, code, message):
    with pytest.raises(grpc.RpcError) as raised:
        stub.ModelInfer(spoiled(**fields), timeout=30)
    assert raised.value.code() is grpc.StatusCode[code]
    assert message in raised.value.details()


def test_the_repository(registry):
    options = ServerOptions(registry=str(registry.root), rest_port=0, grpc_port=0, poll_secs=0.05)
    with running(options) as server, grpc.insecure_channel(f"127.0.0.1:{server.ports.grpc}") as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        ready = stub.RepositoryIndex(service_pb2.RepositoryIndexRequest(ready=True), timeout=30).models
        assert [(model.name, model.version) for model in ready] == [("half", "1"), ("half", "2")]
        stub.RepositoryModelUnload(service_pb2.RepositoryModelUnloadRequest(model_name="half"), timeout=30)
        assert not stub.ModelReady(service_pb2.ModelReadyRequest(name="half"), timeout=30).ready
        stub.RepositoryModelLoad(service_pb2.RepositoryModelLoadRequest(model_name="half"), timeout=30)
        assert stub.ModelReady(service_pb2.ModelReadyRequest(name="half"), timeout=30).ready
