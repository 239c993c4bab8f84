"""The client against an HTTP server that answers as g3doc/api_rest.md says."""

import json
import socket

import numpy as np
import pytest

from serving.client.answers import VersionStatus
from serving.client.client import ServingClient
from serving.client.errors import ClientError, ServerBusyError
from serving.client.retries import Retries
from tests.serving.client.servers import NOT_FOUND, STATUS, metadata, rest_server, tensor

PATH = "/v1/models/half"
ONE_OUTPUT = metadata(serving_default=({"x": tensor("DT_FLOAT", -1)}, {"y": tensor("DT_FLOAT", -1)}))
# "Specifying input tensors in row format": tag, signal, sensor.
SEVERAL = metadata(
    serving_default=(
        {
            "tag": tensor("DT_STRING", -1),
            "signal": tensor("DT_INT64", -1, 5),
            "sensor": tensor("DT_FLOAT", -1, 2, 2),
        },
        {"name": tensor("DT_STRING", -1), "raw_bytes": tensor("DT_STRING", -1), "score": tensor("DT_FLOAT", -1, 2)},
    )
)


def client(url: str, **options) -> ServingClient:
    return ServingClient(f"{url}{PATH}", retries=Retries(first_delay_secs=0.01, **{"timeout_secs": 5, **options}))


def test_the_status_that_the_documentation_shows():
    with rest_server({("GET", PATH): [(200, STATUS)]}) as asked, client(asked.url) as half:
        assert half.status() == [VersionStatus(version=123, state="AVAILABLE", error="")]


def test_a_label_is_in_the_path():
    path = f"{PATH}/labels/production"
    with rest_server({("GET", path): [(200, STATUS)]}) as asked, ServingClient(asked.url + path) as labelled:
        assert labelled.status()


def test_metadata_are_signatures():
    with rest_server({("GET", f"{PATH}/metadata"): [(200, SEVERAL)]}) as asked, client(asked.url) as half:
        found = half.signatures()["serving_default"]
        half.signatures()
    assert found.inputs["sensor"].shape == (None, 2, 2)
    assert found.inputs["signal"].dtype == np.int64
    assert found.outputs["name"].dtype == object
    assert len(asked.requests) == 1


def test_columns_are_sent_and_the_one_output_gets_its_name():
    answers = {
        ("GET", f"{PATH}/metadata"): [(200, ONE_OUTPUT)],
        # Of the documentation's example, in columns.
        ("POST", f"{PATH}:predict"): [(200, '{"outputs": [3.5, 4.0, 5.5]}')],
    }
    with rest_server(answers) as asked, client(asked.url) as half:
        outputs = half.predict({"x": np.array([1, 2, 5], np.float32)})
    assert asked.requests[-1][2] == {"signature_name": "serving_default", "inputs": {"x": [1.0, 2.0, 5.0]}}
    assert outputs["y"].tolist() == [3.5, 4.0, 5.5]
    assert outputs["y"].dtype == np.float32


def test_strings_are_base64_and_come_back_as_bytes():
    answer = {
        "name": ["foo", "bä"],
        "raw_bytes": [{"b64": "aW1hZ2UgYnl0ZXM="}, {"b64": "/w=="}],
        "score": [[1, 0], [0, 1]],
    }
    answers = {
        ("GET", f"{PATH}/metadata"): [(200, SEVERAL)],
        ("POST", f"{PATH}:predict"): [(200, json.dumps({"outputs": answer}))],
    }
    inputs = {
        "tag": np.array([b"image bytes", "seaside"], object),
        "signal": np.arange(10).reshape(2, 5),
        "sensor": np.zeros((2, 2, 2), np.float32),
    }
    with rest_server(answers) as asked, client(asked.url) as half:
        outputs = half.predict(inputs)
    sent = asked.requests[-1][2]["inputs"]
    # The text of "Encoding binary values".
    assert sent["tag"] == [{"b64": "aW1hZ2UgYnl0ZXM="}, {"b64": "c2Vhc2lkZQ=="}]
    assert outputs["name"].tolist() == [b"foo", "bä".encode()]
    assert outputs["raw_bytes"].tolist() == [b"image bytes", b"\xff"]
    assert outputs["score"].shape == (2, 2)


def test_numbers_that_json_lacks_are_tokens():
    answers = {
        ("GET", f"{PATH}/metadata"): [(200, ONE_OUTPUT)],
        ("POST", f"{PATH}:predict"): [(200, '{"outputs": [NaN, -Infinity]}')],
    }
    with rest_server(answers) as asked, client(asked.url) as half:
        outputs = half.predict({"x": np.array([np.nan, np.inf])})
    [nan, infinity] = asked.requests[-1][2]["inputs"]["x"]
    assert nan != nan
    assert infinity == float("inf")
    assert np.isnan(outputs["y"][0])
    assert outputs["y"][1] == -np.inf


def test_the_servers_own_error_is_told_and_not_asked_again():
    with (
        rest_server({("GET", PATH): [(404, NOT_FOUND)]}) as asked,
        client(asked.url) as half,
        pytest.raises(ClientError, match=r"answered 404: Servable not found for request: Latest\(half\)"),
    ):
        half.status()
    assert len(asked.requests) == 1


@pytest.mark.parametrize("code", [429, 502, 503])
def test_a_busy_server_is_asked_again(code):
    with rest_server({("GET", PATH): [(code, "{}"), (code, "{}"), (200, STATUS)]}) as asked, client(asked.url) as half:
        assert half.status()
    assert len(asked.requests) == 3


def test_a_server_that_stays_busy_is_given_up_at_the_deadline():
    with (
        rest_server({("GET", PATH): [(503, '{"error": "queue is full"}')]}) as asked,
        client(asked.url, timeout_secs=0.3) as half,
        pytest.raises(ServerBusyError, match="answered 503: queue is full"),
    ):
        half.status()
    assert len(asked.requests) > 1


def test_a_port_without_a_server_is_an_error():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with client(url, timeout_secs=0.2) as half, pytest.raises(ServerBusyError, match="must be there"):
            half.status()


def test_a_server_that_hangs_is_given_up_at_the_deadline():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with client(url, timeout_secs=0.2) as half, pytest.raises(ServerBusyError, match="within the deadline"):
            half.status()


@pytest.mark.parametrize("body", ["<html>", '{"models": []}', "[]"])
def test_something_else_than_a_model_server_is_said(body):
    with (
        rest_server({("GET", PATH): [(200, body)]}) as asked,
        client(asked.url) as half,
        pytest.raises(ClientError, match=r"must answer (in JSON|as TensorFlow Serving does)"),
    ):
        half.status()


def test_a_signature_that_is_not_there_is_said_before_anything_is_sent():
    with (
        rest_server({("GET", f"{PATH}/metadata"): [(200, ONE_OUTPUT)]}) as asked,
        client(asked.url) as half,
        pytest.raises(ClientError, match=r"must be one of serving_default\. Received: predict"),
    ):
        half.predict({"x": np.zeros(1)}, signature="predict")
    assert len(asked.requests) == 1
