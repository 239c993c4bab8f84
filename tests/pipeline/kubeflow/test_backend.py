import socket
from http.server import BaseHTTPRequestHandler

import pytest

from pipeline.kubeflow.backend import Backend, BackendError, NoAnswer
from tests.pipeline.kubeflow.kfp_api import answering
from tests.pipeline.kubeflow.small_submission import PLATFORM, SPEC, small_submission


def _handler(status: int, text: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *arguments: object) -> None:
            """Says nothing."""

    return Handler


def test_a_run_is_created_with_its_root_and_its_experiment(kfp, host):
    run_id = Backend(host).submit(small_submission())
    [asked] = kfp.asked("POST", "/apis/v2beta1/runs")
    assert run_id == asked.answer["run_id"]
    assert asked.body["display_name"] == "digits-20261126-120000"
    assert asked.body["runtime_config"] == {"parameters": {}, "pipeline_root": "gs://bucket/slipway"}
    assert asked.body["pipeline_spec"] == SPEC
    assert "service_account" not in asked.body
    assert [each["display_name"] for each in kfp.experiments] == ["digits"]


def test_both_documents_and_the_service_account_arrive(kfp, host):
    Backend(host).submit(small_submission(documents=[SPEC, PLATFORM], service_account="trainer"))
    [asked] = kfp.asked("POST", "/apis/v2beta1/runs")
    assert asked.body["pipeline_spec"] == {"pipeline_spec": SPEC, "platform_spec": PLATFORM}
    assert asked.body["service_account"] == "trainer"


def test_the_second_run_is_of_the_same_experiment(kfp, host):
    backend = Backend(host)
    backend.submit(small_submission())
    backend.submit(small_submission())
    assert len(kfp.experiments) == 1


def test_the_link_is_of_the_page_that_the_sdk_is_told_of(kfp, host, monkeypatch):
    assert Backend(host).link("4f2a") == f"{host}/#/runs/details/4f2a"
    monkeypatch.setenv("KF_PIPELINES_UI_ENDPOINT", "https://kubeflow.example.com/pipeline")
    assert Backend(host).link("4f2a") == "https://kubeflow.example.com/pipeline/#/runs/details/4f2a"


def test_nobody_at_the_host_is_said_with_what_to_do(kfp):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(
            NoAnswer, match=rf"must be reachable\. Received: no answer from {address} \(Failed to .*\)\. .*--host"
        ):
            Backend(address)


def test_a_token_that_the_host_does_not_know_is_refused_at_once(kfp, host):
    kfp.token = "right"
    with pytest.raises(BackendError, match=r"must know who asks\. Received: 401 .*KFP_EXISTING_TOKEN"):
        Backend(host)
    assert len(kfp.exchanges) == 1


def test_the_token_of_the_environment_is_sent(kfp, host, monkeypatch):
    kfp.token = "right"
    monkeypatch.setenv("KFP_EXISTING_TOKEN", "right")
    Backend(host).submit(small_submission())
    assert kfp.run is not None


def test_a_namespace_of_somebody_else_s_is_refused(kfp, host):
    kfp.namespaces = ["ann"]
    backend = Backend(host)
    with pytest.raises(BackendError, match=r"must allow it to who asks\. Received: 403 .*no access to namespace bob"):
        backend.submit(small_submission(namespace="bob"))
    assert backend.submit(small_submission(namespace="ann"))


def test_what_the_server_says_of_a_run_that_it_refuses_is_passed_on(kfp, host):
    with pytest.raises(BackendError, match=r"Received: 400 .*only supports schema version 2\.1\.0") as caught:
        Backend(host).submit(small_submission(documents=[{**SPEC, "schemaVersion": "2.0.0"}]))
    assert not isinstance(caught.value, NoAnswer)


def test_a_backend_of_version_1_is_named_as_such(kfp):
    """Its router knows no /apis/v2beta1, and answers as Go's does."""
    with (
        answering(_handler(404, "404 page not found\n")) as address,
        pytest.raises(BackendError, match=rf"must be Kubeflow Pipelines 2\.0 or later\. Received: {address}"),
    ):
        Backend(address)


def test_a_page_to_log_in_is_no_backend(kfp):
    with (
        answering(_handler(200, "<html>Log in to Your Account</html>")) as address,
        pytest.raises(BackendError, match=r"such as the page to log in\. Give a token by KFP_EXISTING_TOKEN"),
    ):
        Backend(address)


def test_a_proxy_that_does_not_reach_the_backend_may_do_so_later(kfp, host):
    backend = Backend(host)
    backend.submit(small_submission())
    kfp.down = range(1)
    with pytest.raises(NoAnswer, match=r"Received: 503 .*upstream connect error"):
        backend.run("4f2a")
    assert backend.run("4f2a").state == "PENDING"


def test_a_log_that_is_not_kept_is_said_to_be_not_found(kfp, host):
    backend = Backend(host)
    backend.submit(small_submission())
    with pytest.raises(BackendError, match=r"404 .*artifact not found"):
        backend.log("4f2a", "digits-x7k2p-1")
