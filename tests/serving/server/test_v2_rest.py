"""The Open Inference Protocol over REST: paths and bodies of specification/protocol/inference_rest.md of
kserve/open-inference-protocol; bytes as kserve's infer_type.py writes them, by hand."""

import json
import struct

import numpy as np
import pytest
import requests

from serving.server import v2_tensors
from serving.server.errors import RequestError
from serving.server.options import ServerOptions
from tests.serving.server.halves import running

# What a signature of strings and numbers is asked with: number [[1, 2]], text ["a"].
BOTH = {
    "id": "42",
    "parameters": {"signature_name": "both"},
    "inputs": [
        {"name": "number", "shape": [1, 2], "datatype": "INT64", "data": [1, 2]},
        {"name": "text", "shape": [1], "datatype": "BYTES", "data": ["a"]},
    ],
}
BINARY = "inference-header-content-length"


@pytest.fixture(scope="module")
def url(server) -> str:
    return f"http://127.0.0.1:{server.ports.rest}/v2"


def infer(url: str, body: object, target: str = "") -> tuple[int, dict]:
    response = requests.post(f"{url}/models/half{target}/infer", json=body, timeout=30)
    return response.status_code, response.json()


def test_server(url):
    """Server Metadata, Server Live and Server Ready; `ready` is what kserve's inference_client.py reads."""
    assert requests.get(url, timeout=30).json()["extensions"] == ["binary_tensor_data", "model_repository"]
    assert requests.get(f"{url}/health/live", timeout=30).json() == {"live": True}
    assert requests.get(f"{url}/health/ready", timeout=30).json() == {"live": True, "ready": True}
    assert requests.get(f"{url}/models", timeout=30).json() == {"models": ["half"]}


def test_model(url):
    """Model Metadata and Model Ready."""
    assert requests.get(f"{url}/models/half", timeout=30).json() == {
        "name": "half",
        "versions": ["1", "2"],
        "platform": "tensorflow_savedmodel",
        "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1]}],
        "outputs": [{"name": "y", "datatype": "FP32", "shape": [-1]}],
    }
    assert requests.get(f"{url}/models/half/ready", timeout=30).json() == {"name": "half", "ready": True}
    assert requests.get(f"{url}/models/half/versions/2/ready", timeout=30).status_code == 200
    assert requests.get(f"{url}/models/half/versions/3/ready", timeout=30).status_code == 503
    assert requests.get(f"{url}/models/other/ready", timeout=30).status_code == 404


@pytest.mark.parametrize("data", [[1.0, 2.0, 5.0], [1, 2, 5]])
def test_infer(url, data):
    body = {"inputs": [{"name": "x", "shape": [3], "datatype": "FP32", "data": data}]}
    assert infer(url, body) == (
        200,
        {
            "model_name": "half",
            "model_version": "1",
            "outputs": [{"name": "y", "shape": [3], "datatype": "FP32", "data": [3.5, 4.0, 5.5]}],
        },
    )
    assert infer(url, body, "/versions/2")[1]["outputs"][0]["data"] == [2.5, 3.0, 4.5]


def test_several_tensors(url):
    """Inference Request Examples: data flat or nested, an id that comes back, outputs that are asked for."""
    status, answer = infer(url, BOTH | {"outputs": [{"name": "number"}, {"name": "text"}]})
    assert (status, answer["id"]) == (200, "42")
    assert answer["outputs"] == [
        {"name": "number", "shape": [1, 2], "datatype": "INT64", "data": [2, 3]},
        {"name": "text", "shape": [1], "datatype": "BYTES", "data": ["a"]},
    ]


def test_bytes_in_and_out(url):
    """Each tensor's bytes follow the JSON, little-endian; a string after its length in four bytes."""
    head = {
        "parameters": {"signature_name": "both", "binary_data_output": True},
        "inputs": [
            {"name": "number", "shape": [1, 2], "datatype": "INT64", "parameters": {"binary_data_size": 16}},
            {"name": "text", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": 6}},
        ],
        "outputs": [{"name": "number"}, {"name": "text"}, {"name": "text_bytes", "parameters": {"binary_data": True}}],
    }
    text = json.dumps(head).encode()
    body = text + struct.pack("<qq", 1, 2) + b"\x02\x00\x00\x00\xff\x00"
    response = requests.post(f"{url}/models/half/infer", data=body, headers={BINARY: str(len(text))}, timeout=30)
    length = int(response.headers[BINARY])
    assert response.headers["content-type"] == "application/octet-stream"
    outputs = json.loads(response.content[:length])["outputs"]
    assert [output["parameters"]["binary_data_size"] for output in outputs] == [16, 6, 6]
    assert response.content[length:] == struct.pack("<qq", 2, 3) + b"\x02\x00\x00\x00\xff\x00" * 2


def test_numbers_that_are_not_finite(url):
    body = '{"inputs": [{"name": "x", "shape": [2], "datatype": "FP32", "data": [NaN, Infinity]}]}'
    response = requests.post(f"{url}/models/half/infer", data=body, timeout=30)
    # The model itself refuses NaN, which is not above -1000.
    assert response.status_code == 400
    assert "x must be above -1000" in response.json()["error"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": {"name": "x"}}, "inputs must be a list of objects with a name"),
        (
            {"inputs": [{"name": "x", "shape": [1], "datatype": "FLOAT", "data": [1]}]},
            "datatype of x must be one of BOOL",
        ),
        (
            {"inputs": [{"name": "x", "shape": [-1], "datatype": "FP32", "data": [1]}]},
            "shape of x must be a list of sizes, at most 32",
        ),
        (
            {"inputs": [{"name": "x", "shape": [2], "datatype": "FP32", "data": [1]}]},
            "must have the values of its shape",
        ),
        ({"inputs": [{"name": "x", "shape": [1], "datatype": "FP32"}]}, "data of x must be a list"),
        (
            {"inputs": [{"name": "x", "shape": [1], "datatype": "FP32", "data": ["a"]}]},
            "is not of expected type: float",
        ),
        ({"inputs": [{"name": "x", "shape": [1], "datatype": "FP16", "data": [1]}]}, "JSON has no FP16"),
        ({"inputs": [{"name": "x", "shape": [1], "datatype": "FP64", "data": [1]}]}, "input x must be of type float32"),
        (
            {"inputs": [{"name": "x", "shape": [1], "datatype": "FP32", "parameters": {"binary_data_size": 4}}]},
            "binary_data_size of x must be the length of its bytes",
        ),
        ({"inputs": []}, "input size does not match signature"),
        ({"parameters": []}, "parameters must be an object"),
        ({"parameters": {"signature_name": "none"}}, 'Serving signature name: "none" not found'),
        (
            {"inputs": [{"name": "x", "shape": [1], "datatype": "FP32", "data": [1]}], "outputs": [{"name": "z"}]},
            "outputs must be among y. Received: z.",
        ),
    ],
)
def test_errors(url, change, message):
    status, answer = infer(url, change)
    assert status == 400
    assert message in answer["error"]


@pytest.mark.parametrize("length", ["x", "-1", "99999999"])
def test_a_wrong_length_of_the_json(url, length):
    response = requests.post(f"{url}/models/half/infer", data=b"{}", headers={BINARY: length}, timeout=30)
    assert response.status_code == 400
    assert "must be the length of the JSON in the body" in response.json()["error"]


@pytest.mark.parametrize("datatype", [name for name in v2_tensors.DTYPES if name != "BYTES"])
def test_bytes_of_all_types(datatype):
    array = np.array([[0, 1, 1]]).astype(v2_tensors.DTYPES[datatype])
    content = v2_tensors.to_bytes(array)
    assert content == b"".join(value.tobytes() for value in array.ravel())
    np.testing.assert_array_equal(v2_tensors.from_bytes(content, [1, 3], array.dtype, "x"), array)
    with pytest.raises(RequestError, match="bytes a value of"):
        v2_tensors.from_bytes(content + b"\x00", [1, 3], array.dtype, "x")


@pytest.mark.parametrize("content", [b"\x01", b"\x02\x00\x00\x00a", b"\xff\xff\xff\xff", b"\x00\x00\x00\x00" * 2])
def test_bytes_that_are_no_strings(content):
    with pytest.raises(RequestError, match="x must have"):
        v2_tensors.from_bytes(content, [1], np.dtype(object), "x")


def test_the_repository(registry):
    """Model repository extension: index, load and unload; kserve's answers."""
    options = ServerOptions(registry=str(registry.root), rest_port=0, grpc_port=0, poll_secs=0.05)
    with running(options) as server:
        url = f"http://127.0.0.1:{server.ports.rest}/v2"
        index = f"{url}/repository/index"
        states = {row["version"]: row["state"] for row in requests.post(index, timeout=30).json()}
        assert states == {"1": "READY", "2": "READY", "3": "UNAVAILABLE"}
        model = f"{url}/repository/models/half"
        assert requests.post(f"{model}/unload", timeout=30).json() == {"name": "half", "unload": True}
        assert requests.get(f"{url}/models/half/ready", timeout=30).status_code == 404
        assert requests.get(f"{url}/health/ready", timeout=30).status_code == 503
        assert requests.post(f"{model}/load", timeout=30).json() == {"name": "half", "load": True}
        assert requests.get(f"{url}/models/half/ready", timeout=30).status_code == 200
        assert requests.post(f"{url}/repository/models/other/load", timeout=30).status_code == 404
