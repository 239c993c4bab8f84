"""The description of HTTP's interfaces against what the server does."""

import jsonschema
import pytest
import requests

from serving.server.openapi import document
from tests.serving.server.halves import CLASSIFY, REGRESS

TENSOR = {"name": "x", "shape": [1], "datatype": "FP32", "data": [1.0]}
EXAMPLE = {"x": 1.0}


@pytest.fixture(scope="module")
def url(server) -> str:
    return f"http://127.0.0.1:{server.ports.rest}"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/models/{model}:predict", {"instances": [1.0, 2.0]}),
        ("/v1/models/{model}:predict", {"inputs": {"x": [1.0]}}),
        (
            "/v1/models/{model}:predict",
            {"signature_name": "both", "instances": [{"number": [1, 2], "text": {"b64": "AA=="}}]},
        ),
        ("/v1/models/{model}:classify", {"signature_name": CLASSIFY, "examples": [EXAMPLE]}),
        ("/v1/models/{model}:regress", {"signature_name": REGRESS, "examples": [{}], "context": EXAMPLE}),
        ("/v1/models/{model}/metadata", None),
        ("/v1/models/{model}", None),
        ("/v2", None),
        ("/v2/health/live", None),
        ("/v2/health/ready", None),
        ("/v2/models", None),
        ("/v2/models/{model}", None),
        ("/v2/models/{model}/ready", None),
        ("/v2/models/{model}/infer", {"inputs": [TENSOR], "outputs": [{"name": "y"}], "id": "1"}),
        ("/v2/repository/index", None),
        ("/v2/repository/models/{model}/load", None),
    ],
)
def test_a_request_and_its_answer_are_as_they_are_described(url, path, body):
    [(method, described)] = document()["paths"][path].items()
    if body is not None:
        jsonschema.validate(body, described["requestBody"]["content"]["application/json"]["schema"])
    response = requests.request(method, url + path.format(model="half"), json=body, timeout=30)
    assert response.status_code == 200, response.text
    answer = described["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema.validate(response.json(), answer, jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/v1/models/other", "404"),
        ("post", "/v1/models/half:predict", "400"),
        ("get", "/v2/models/other", "404"),
        ("post", "/v2/models/half/infer", "400"),
        ("post", "/v2/repository/models/other/load", "404"),
    ],
)
def test_errors_are_as_they_are_described(url, method, path, status):
    pattern = path.replace("half", "{model}").replace("other", "{model}")
    response = requests.request(method, url + path, timeout=30)
    assert response.status_code == int(status)
    content = document()["paths"][pattern][method]["responses"][status]["content"]
    jsonschema.validate(response.json(), content["application/json"]["schema"])


def test_a_path_or_a_method_of_none(url):
    for method, path, status in (("get", "/v2/none", 404), ("delete", "/v2/models", 405)):
        response = requests.request(method, url + path, timeout=30)
        assert (response.status_code, set(response.json())) == (status, {"error"})


@pytest.mark.parametrize(
    "body", [{}, {"instances": []}, {"instances": [1], "inputs": [1]}, {"signature_name": 1, "instances": [1]}]
)
def test_bodies_that_are_refused_are_described_as_none(url, body):
    schema = document()["paths"]["/v1/models/{model}:predict"]["post"]["requestBody"]["content"]["application/json"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(body, schema["schema"])
    assert requests.post(f"{url}/v1/models/half:predict", json=body, timeout=30).status_code == 400
