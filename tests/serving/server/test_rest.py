"""Answers as in TensorFlow Serving's documentation, g3doc/api_rest.md, and in http_rest_api_handler_test.cc."""

import base64

import pytest
import requests
import tensorflow as tf


@pytest.fixture(scope="module")
def url(server) -> str:
    return f"http://127.0.0.1:{server.ports.rest}"


def post(url: str, body: object) -> tuple[int, object]:
    response = requests.post(url, **({"data": body} if isinstance(body, bytes) else {"json": body}), timeout=30)
    assert response.headers["content-type"] == "application/json"
    return response.status_code, response.json()


def test_status(url):
    """api_rest.md, Make REST API calls to ModelServer."""
    versions = requests.get(f"{url}/v1/models/half", timeout=30).json()["model_version_status"]
    assert versions[-1] == {
        "version": "1",
        "state": "AVAILABLE",
        "status": {"error_code": "OK", "error_message": ""},
    }
    assert [version["version"] for version in versions] == ["2", "1"]


def test_predict(url):
    """api_rest.md, Make REST API calls to ModelServer."""
    answer = post(f"{url}/v1/models/half:predict", {"instances": [1.0, 2.0, 5.0]})
    assert answer == (200, {"predictions": [3.5, 4.0, 5.5]})


def test_predict_in_columns(url):
    assert post(f"{url}/v1/models/half:predict", {"inputs": {"x": [1.0]}}) == (200, {"outputs": [3.5]})


def test_regress(url):
    """api_rest.md, Make REST API calls to ModelServer."""
    body = {"signature_name": "tensorflow/serving/regress", "examples": [{"x": 1.0}, {"x": 2.0}]}
    assert post(f"{url}/v1/models/half:regress", body) == (200, {"results": [3.5, 4.0]})


def test_regress_with_a_context(url):
    body = {"signature_name": "tensorflow/serving/regress", "context": {"x": 2.0}, "examples": [{}, {}]}
    assert post(f"{url}/v1/models/half:regress", body) == (200, {"results": [4.0, 4.0]})


def test_classify(url):
    """api_rest.md, Classify: pairs of label and score."""
    body = {"signature_name": "tensorflow/serving/classify", "examples": [{"x": 0.4}]}
    assert post(f"{url}/v1/models/half:classify", body) == (200, {"results": [[["up", 3.2], ["down", -3.2]]]})


def test_serialized_examples(url):
    feature = tf.train.Feature(float_list=tf.train.FloatList(value=[2.0]))
    example = tf.train.Example(features=tf.train.Features(feature={"x": feature})).SerializeToString()
    body = {
        "signature_name": "tensorflow/serving/regress",
        "instances": [{"b64": base64.b64encode(example).decode()}],
    }
    assert post(f"{url}/v1/models/half:predict", body) == (200, {"predictions": [4.0]})


def test_several_inputs_and_outputs(url):
    """api_rest.md, Output of binary values."""
    body = {"signature_name": "both", "instances": [{"number": [1, 2], "text": "a"}]}
    expected = {"number": [2, 3], "text": "a", "text_bytes": {"b64": "YQ=="}}
    assert post(f"{url}/v1/models/half:predict", body) == (200, {"predictions": [expected]})


@pytest.mark.parametrize(
    ("target", "expected"),
    [("/versions/1", 3.5), ("/versions/2", 2.5), ("/labels/production", 3.5), ("/labels/canary", 2.5)],
)
def test_versions_and_labels(url, target, expected):
    """api_rest.md: /v1/models/MODEL[/versions/VERSION|/labels/LABEL]:predict."""
    assert post(f"{url}/v1/models/half{target}:predict", {"instances": [1.0]}) == (200, {"predictions": [expected]})
    assert requests.get(f"{url}/v1/models/half{target}", timeout=30).status_code == 200


def test_metadata(url):
    metadata = requests.get(f"{url}/v1/models/half/metadata", timeout=30).json()
    assert metadata["model_spec"] == {"name": "half", "signature_name": "", "version": "1"}
    signature = metadata["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert signature["method_name"] == "tensorflow/serving/predict"
    assert signature["inputs"]["x"]["dtype"] == "DT_FLOAT"
    assert signature["inputs"]["x"]["tensor_shape"]["dim"] == [{"size": "-1", "name": ""}]


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        # api_rest.md, the example at its end.
        ("other:predict", {"instances": [1.0]}, 404, "Servable not found for request: Latest(other)"),
        # basic_manager.cc and manager.h.
        ("half/versions/9:predict", {"instances": [1.0]}, 404, "Servable not found for request: Specific(half, 9)"),
        # The candidate is not served under the policy production.
        ("half/versions/3:predict", {"instances": [1.0]}, 404, "Servable not found for request: Specific(half, 3)"),
        # server_core.cc, GetModelVersionForLabel.
        ("half/labels/candidate:predict", {"instances": [1.0]}, 400, "Unrecognized servable version label: candidate"),
        # http_rest_api_handler.cc, ProcessRequest.
        ("half", {"instances": [1.0]}, 400, "Malformed request: POST /v1/models/half"),
        ("half:explain", {"instances": [1.0]}, 400, "Malformed request: POST /v1/models/half:explain"),
        ("half/versions/x:predict", {}, 400, "Malformed request: POST /v1/models/half/versions/x:predict"),
        # http_rest_api_util.cc, ParseModelInfo.
        (f"half/versions/{2**64}:predict", {}, 400, f"Failed to convert version: {2**64} to numeric."),
        # http_rest_api_handler.cc, GetInfoMap.
        (
            "half:predict",
            {"signature_name": "none", "instances": [1.0]},
            400,
            'Serving signature name: "none" not found in signature def',
        ),
        ("half:predict", b"", 400, "JSON Parse error: The document is empty"),
        ("half:classify", {"examples": []}, 400, "JSON Value: {\"examples\":[]} 'examples' value is an empty array"),
        ("half:regress", {"examples": [1]}, 400, "Example must be JSON object but got JSON 1"),
        (
            "half:regress",
            {"examples": [{"x": [1.0, "a"]}]},
            400,
            "Unexpected element type in feature: x expecting type: float",
        ),
        ("half:regress", {"examples": [{"x": None}]}, 400, "Feature: x has element with unexpected JSON type: null"),
        (
            "half:regress",
            {"examples": [{"x": 2**63}]},
            400,
            "Feature: x has uint64_t element. Only int64_t is supported.",
        ),
        ("half:predict", {"inputs": [[1.0]]}, 400, "input x must be of shape [any]. Received: [1, 1]."),
        # The model's own words, without the place in its graph.
        ("half:predict", {"instances": [-2000.0]}, 400, None),
    ],
)
def test_errors(url, path, body, status, message):
    code, answer = post(f"{url}/v1/models/{path}", body)
    assert code == status
    if message is None:
        assert "x must be above -1000" in answer["error"]
        assert "[[{{" not in answer["error"]
    else:
        assert answer == {"error": message}


@pytest.mark.parametrize("path", ["other", "half/versions/9"])
def test_status_of_what_is_not_there(url, path):
    """get_model_status_impl.cc."""
    response = requests.get(f"{url}/v1/models/{path}", timeout=30)
    assert response.status_code == 404
    assert response.json()["error"].startswith("Could not find ")


def test_a_body_that_is_too_long(url):
    assert post(f"{url}/v1/models/half:predict", b"[" * 100_001)[0] == 413


def test_a_request_id_comes_back(url):
    response = requests.get(f"{url}/v1/models/half", headers={"X-Request-Id": "abc"}, timeout=30)
    assert response.headers["x-request-id"] == "abc"


def test_figures(url):
    """prometheus_exporter.cc and util.cc have the path and the names."""
    before = _count(url)
    post(f"{url}/v1/models/half:predict", {"instances": [1.0]})
    assert _count(url) == before + 1
    page = requests.get(f"{url}/monitoring/prometheus/metrics", timeout=30).text
    assert "# TYPE :tensorflow:serving:request_latency histogram" in page
    assert 'slipway_serving_version_available{model_name="half",version="1"} 2.0' in page


def _count(url: str) -> float:
    page = requests.get(f"{url}/monitoring/prometheus/metrics", timeout=30).text
    start = ':tensorflow:serving:request_count{model_name="half",status="OK"} '
    return sum(float(line.removeprefix(start)) for line in page.splitlines() if line.startswith(start))


def test_the_description_names_all_paths(url):
    from fastapi.openapi.models import OpenAPI

    description = requests.get(f"{url}/openapi.json", timeout=30).json()
    OpenAPI.model_validate(description)
    described = description["paths"]
    assert set(described["/v1/models/{model}:predict"]) == {"post"}
    assert "/v1/models/{model}/labels/{label}:regress" in described
    page = requests.get(f"{url}/docs", timeout=30)
    assert page.status_code == 200
    assert "://" not in page.text
