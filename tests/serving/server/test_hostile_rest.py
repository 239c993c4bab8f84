"""Requests over REST that nobody of good will sends: each is told what is wrong, and none is an error inside."""

import json

import pytest
import requests

# More digits than Python turns into a number (sys.int_info.default_max_str_digits).
DIGITS = "9" * 5000
# Only with a NaN a body is read by a parser that lets them through; orjson refuses them.
SURROGATE = '"\\ud800"'


def nested(levels: int, inner: str = "1") -> str:
    return "[" * levels + inner + "]" * levels


@pytest.fixture(scope="module")
def url(server) -> str:
    return f"http://127.0.0.1:{server.ports.rest}"


def tensor(**fields: object) -> dict[str, object]:
    return {"inputs": [{"name": "x", "shape": [1], "datatype": "FP32", "data": [1], **fields}]}


PREDICT, INFER = "/v1/models/half:predict", "/v2/models/half/infer"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param(PREDICT, f'{{"instances": {nested(40)}}}', id="more axes than NumPy has"),
        pytest.param(PREDICT, f'{{"inputs": {nested(990)}}}', id="nearly as deep as Python goes"),
        pytest.param(PREDICT, f'{{"instances": [NaN, 1{"0" * 400}]}}', id="an integer that no float holds"),
        pytest.param(PREDICT, f'{{"signature_name": {SURROGATE}, "instances": [NaN]}}', id="half a character"),
        pytest.param(
            PREDICT,
            f'{{"signature_name": "both", "instances": [{{"number": NaN, "text": {SURROGATE}}}]}}',
            id="half a character in a text",
        ),
        pytest.param("/v1/models/half:regress", f'{{"examples": [{{{SURROGATE}: NaN}}]}}', id="as a feature's name"),
        pytest.param(f"/v1/models/half/versions/{DIGITS}:predict", "{}", id="a version of 5,000 digits"),
        pytest.param(INFER, json.dumps(tensor(datatype=["FP32"])), id="a type that is a list"),
        pytest.param(INFER, json.dumps(tensor(datatype={})), id="a type that is an object"),
        pytest.param(INFER, json.dumps(tensor(shape=[1] * 100)), id="a shape of 100 axes"),
        pytest.param(
            INFER,
            json.dumps(tensor(datatype="UINT16", data=[70_000])),
            id="an integer for which its type has no room",
        ),
    ],
)
def test_what_is_wrong_is_told(url, path, body):
    response = requests.post(f"{url}{path}", data=body.encode(), timeout=30)
    assert response.status_code == 400, response.text[:300]
    assert response.json()["error"]


def test_an_integer_that_its_type_has_no_room_for_is_not_cut(url):
    body = json.dumps(tensor(datatype="UINT16", data=[70_000]))
    assert (
        "x must have values that fit into uint16. Received: 70000."
        in requests.post(f"{url}{INFER}", data=body, timeout=30).text
    )


def test_a_length_of_json_that_is_no_number_python_reads(url):
    headers = {"inference-header-content-length": DIGITS}
    response = requests.post(f"{url}{INFER}", data=b"{}", headers=headers, timeout=30)
    assert response.status_code == 400
    assert "must be the length of the JSON in the body" in response.json()["error"]


def test_a_version_of_the_open_protocol_that_is_no_number_python_reads(url):
    assert requests.get(f"{url}/v2/models/half/versions/{DIGITS}", timeout=30).status_code == 404
